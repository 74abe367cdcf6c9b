import { nameInFile, type Side } from "../../../dsl/renamed-ports.js";
import type { Dim } from "../../../dsl/tensor.js";
import type { ModelSignature } from "../../../codegen/models/signature.js";
import { usablePorts } from "../../../codegen/models/signature.js";
import { formatTensor } from "../../config/format-tensor.js";
import type { ModelVersionSignature } from "../../entries/wallaroo.js";

/**
 * Where the schemas that a platform stores say something else than the model's file. Sizes of 1 are not compared: a
 * column of numbers and one of lists of one number feed the same tensor.
 */
export function schemaDifferences(file: ModelSignature, stored: ModelVersionSignature): string[] {
  const { tensorFields } = stored;
  const inputs = usablePorts(file.inputs).map(({ name }) => nameInFile(file, "inputs", name));
  const isRenamed = tensorFields !== null && tensorFields.length === inputs.length;
  /** A schema may have the names of the request's columns. */
  const fileNameOf = (side: Side, column: string): string =>
    side === "inputs" && isRenamed && !inputs.includes(column)
      ? (inputs[tensorFields.indexOf(column)] ?? column)
      : column;
  return (["inputs", "outputs"] as const).flatMap((side) => {
    const role = side.slice(0, -1);
    const here = new Map(usablePorts(file[side]).map((port) => [nameInFile(file, side, port.name), port]));
    const there = new Map(stored[side].map((port) => [fileNameOf(side, port.name), port]));
    return [...new Set([...here.keys(), ...there.keys()])].flatMap((name) => {
      const [own, other] = [here.get(name), there.get(name)];
      if (own !== undefined && other !== undefined && own.dtype === other.dtype && agree(own.shape, other.shape))
        return [];
      const inFile = own === undefined ? "not there" : formatTensor(own);
      const inSchema = other === undefined ? "not there" : formatTensor(other);
      return [`${role} '${name}' is ${inFile} in the file and ${inSchema} in the platform's schema`];
    });
  });
}

/** Unknown sizes and symbols agree with every size. */
function agree(a: readonly Dim[] | null, b: readonly Dim[] | null): boolean {
  if (a === null || b === null) return true;
  const [own, other] = [a, b].map((dims) => dims.filter((dim) => dim !== 1 && dim !== "batch")) as [Dim[], Dim[]];
  const isOpen = (dim: Dim | undefined): boolean => typeof dim !== "number";
  return own.length === other.length && own.every((dim, i) => isOpen(dim) || isOpen(other[i]) || dim === other[i]);
}
