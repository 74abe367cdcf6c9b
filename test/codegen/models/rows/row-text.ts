import type { Dim } from "../../../../dsl/tensor.js";
import type { ModelSignature, Port } from "../../../../codegen/models/signature.js";

/**
 * A signature as its source has it: `x[N, 3], t[] -> y[N, ?]`. `?` is an unknown size, `[...]` an unknown rank, and a
 * port that begins with `!` has an unsupported type.
 */
export function signatureOf(text: string): ModelSignature {
  const [inputs = "", outputs = ""] = text.split("->").map((side) => side.trim());
  return {
    name: "m",
    sha256: "ab".repeat(32),
    inputs: portsOf(inputs),
    outputs: portsOf(outputs),
    opset: {},
    irVersion: 8,
    producer: "",
    doc: "",
    metadata: {},
  };
}

function portsOf(side: string): Port[] {
  return [...side.matchAll(/(!?)(\w+)\[([^\]]*)\]/g)].map(([, mark, name = "", dims = ""]): Port => {
    const shape = dims === "..." ? null : dims === "" ? [] : dims.split(",").map((dim) => dimOf(dim.trim()));
    return mark === "!"
      ? { name, dtype: "seq(tensor(float))", shape, unsupported: "a sequence" }
      : { name, dtype: "float32", shape };
  });
}

function dimOf(dim: string): Dim {
  if (dim === "?") return null;
  return /^\d+$/.test(dim) ? Number(dim) : dim;
}

/** The decided signature in the same form; after it the batch size and the rule. */
export function rowText({ inputs, outputs, batchSize, rows }: ModelSignature): string {
  const side = (ports: readonly Port[]): string =>
    ports
      .map(({ name, shape, unsupported }) => {
        const dims = shape === null ? "..." : shape.map((dim) => dim ?? "?").join(", ");
        return `${unsupported === undefined ? "" : "!"}${name}[${dims}]`;
      })
      .join(", ");
  const size = batchSize === undefined ? "" : ` x${batchSize}`;
  return `${side(inputs)} -> ${side(outputs)} (${rows?.symbol ?? rows?.by ?? "undecided"}${size})`;
}
