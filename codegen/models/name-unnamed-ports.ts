import type { ModelSignature, Port } from "./signature.js";

/** Gives a single port without a name the name `input` or `output`. */
export function nameUnnamedPorts(signature: ModelSignature): ModelSignature {
  const named = (ports: readonly Port[], name: string): readonly Port[] =>
    ports[0]?.name === "" ? [{ ...ports[0], name }] : ports;
  return { ...signature, inputs: named(signature.inputs, "input"), outputs: named(signature.outputs, "output") };
}
