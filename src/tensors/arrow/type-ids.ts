import type { DataType, Dictionary, FixedSizeList, Float, Int, Utf8View } from "apache-arrow";

/**
 * The ids of the Arrow types that columns of rows may have. They are apache-arrow's own, as plain numbers: a request's
 * table is read with the copy of apache-arrow that made it, and this module loads no other one.
 */
export const typeIds = {
  int: 2,
  float: 3,
  utf8: 5,
  bool: 6,
  list: 12,
  fixedSizeList: 16,
  largeUtf8: 20,
  largeList: 21,
  utf8View: 24,
  dictionary: -1,
} as const;

/** By the precision of a float type. */
export const floatTypes = ["float16", "float32", "float64"] as const;

export function hasId(type: DataType, ...names: readonly (keyof typeof typeIds)[]): boolean {
  return names.some((name) => (type.typeId as number) === typeIds[name]);
}

export const isInt = (type: DataType): type is Int => hasId(type, "int");
export const isFloat = (type: DataType): type is Float => hasId(type, "float");
export const isFixedSizeList = (type: DataType): type is FixedSizeList => hasId(type, "fixedSizeList");
export const isUtf8View = (type: DataType): type is Utf8View => hasId(type, "utf8View");
export const isDictionary = (type: DataType): type is Dictionary => hasId(type, "dictionary");
