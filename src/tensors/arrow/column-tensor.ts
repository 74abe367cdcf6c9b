import type { DataType, Field } from "apache-arrow";
import type { Dim, DType } from "../../../dsl/tensor.js";
import { dtypeOf, innermostType } from "./from-arrow.js";
import { isDictionary, isFixedSizeList } from "./type-ids.js";

/** A column of a schema as a tensor. Its lists are the dimensions after the batch. */
export interface ColumnTensor {
  readonly name: string;
  readonly shape: readonly Dim[];
  /** Null for elements that no tensor has, such as timestamps. */
  readonly dtype: DType | null;
  /** The type of one element. */
  readonly element: DataType;
}

export function columnTensor(field: Field): ColumnTensor {
  const [depth, element] = innermostType(field.type as DataType);
  const dims: Dim[] = ["batch"];
  let type = field.type as DataType;
  for (let level = 0; level < depth; level++) {
    dims.push(isFixedSizeList(type) ? type.listSize : null);
    type = type.children[0]?.type ?? type;
  }
  const value = isDictionary(element) ? element.dictionary : element;
  return { name: field.name, shape: tensorShape(field) ?? dims, dtype: dtypeOf(value), element };
}

/** The shape in the metadata of the `arrow.fixed_shape_tensor` extension, whose values are one flat list. */
function tensorShape({ metadata }: Field): readonly Dim[] | undefined {
  if (metadata.get("ARROW:extension:name") !== "arrow.fixed_shape_tensor") return undefined;
  try {
    const { shape } = JSON.parse(metadata.get("ARROW:extension:metadata") ?? "") as { shape?: unknown };
    if (Array.isArray(shape) && shape.every((size): size is number => Number.isSafeInteger(size) && size >= 0))
      return ["batch", ...shape];
  } catch {
    // Invalid extension metadata: use the size of the flat list.
  }
  return undefined;
}
