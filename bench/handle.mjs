import { defineModel } from "shapeline";

/** A model handle from a signature read off its file, as `generate` would write it. */
export function handleOf({ name, sha256, inputs, outputs }) {
  const record = (ports) =>
    Object.fromEntries(ports.map((port) => [port.name, { dtype: port.dtype, shape: port.shape }]));
  return defineModel({ name, sha256, inputs: record(inputs), outputs: record(outputs) });
}
