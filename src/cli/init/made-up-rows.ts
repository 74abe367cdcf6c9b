import type { UsablePort } from "../../../codegen/models/signature.js";
import type { Dim } from "../../../dsl/tensor.js";

type Value = number | boolean | string | readonly Value[];

/** Rows of made-up values in the shapes of a model's inputs: small fractions, zeros for whole numbers, empty texts. */
export function madeUpRows(inputs: readonly UsablePort[], count: number): Readonly<Record<string, Value>>[] {
  const isBatched = inputs.some(({ shape }) => shape?.includes("batch") === true);
  return Array.from({ length: count }, (_, row) =>
    Object.fromEntries(
      inputs.map((input) => {
        // An input without a row axis has one value for all rows.
        const isShared = isBatched && input.shape?.includes("batch") !== true;
        return [input.name, valueOf(input, isShared ? 0 : row)];
      }),
    ),
  );
}

/** The shape of one row. */
export function rowShape({ shape }: Pick<UsablePort, "shape">): readonly Dim[] {
  return (shape ?? [null]).filter((dim) => dim !== "batch");
}

/** Sizes for dimensions that the file leaves open: enough for the layers of an image model, few for texts. */
const openSize = { image: 64, other: 4 };

function valueOf(port: UsablePort, row: number): Value {
  const shape = rowShape(port);
  const open = shape.length >= 3 ? openSize.image : openSize.other;
  const sizes = shape.map((dim) => (typeof dim === "number" ? dim : open));
  let index = 0;
  const element = (): Value => {
    index += 1;
    if (port.dtype === "string") return "";
    if (port.dtype === "bool") return false;
    return port.dtype.startsWith("float") ? Math.round(100 * Math.sin(index * (row + 1))) / 100 : 0;
  };
  const nested = (axis: number): Value => {
    const size = sizes[axis];
    return size === undefined ? element() : Array.from({ length: size }, () => nested(axis + 1));
  };
  return nested(0);
}
