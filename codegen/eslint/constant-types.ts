import { helperKey } from "../../src/expression/surface/attachment.js";
import type { Diagnostic } from "../../src/expression/surface/surface.js";
import type { TS } from "../typescript.js";
import { builtInName, type TypeInformation } from "./type-information.js";

/** One value of a type, and whether it is the only one. */
export interface TypedValue {
  readonly value: unknown;
  readonly exact: boolean;
}

/** The end of what the type check says about a call of a function whose body is not seen. */
const unseen = "its body is not seen";
/** Stands for a function of another file. A call of it has no type, and nothing else is said about the call. */
const unseenFunction: object = Object.assign(() => undefined, {
  [helperKey]: {
    helper: null,
    source: "",
    location: null,
    constants: {},
    diagnostics: [{ code: "SL1012", message: unseen, start: 0, end: 0 }],
  },
});
/** Whether a diagnostic only says that a function's body is not seen. */
export const isUnseenCall = ({ message }: Pick<Diagnostic, "message">): boolean => message.endsWith(unseen);

// Of each kind, one value at least is accepted wherever some value is: 0 as an index, 1n as a divisor.
const numbers = [0, 0.5, 1] as const;
const bigints = [1n, 2n, 0n] as const;
const strings = ["a", "b", "c"] as const;

/** Deeper and larger values are not read. */
const maxDepth = 4;
const maxProperties = 64;

/**
 * A value of a constant, by the types of its name and of the properties that the lambda reads: `max` of `Limits.max`.
 * The value has no other properties. Null where the types do not show it.
 *
 * @param path the properties, from the constant's name on
 */
export function constantOfType(
  type: TS.Type,
  path: readonly string[],
  nth: number,
  types: TypeInformation,
): TypedValue | null {
  const [key, ...rest] = path;
  const isOwner =
    !type.isUnion() && !type.isLiteral() && builtInName(type) === undefined && !types.checker.isArrayLikeType(type);
  if (key === undefined && type.getCallSignatures().length > 0) return { value: unseenFunction, exact: true };
  if (key === undefined || !isOwner) return valueOfType(type, nth, types);
  const property = types.propertyOf(type, key);
  const found = property && constantOfType(property, rest, nth, types);
  return found && { value: { [key]: found.value }, exact: found.exact };
}

/**
 * A value of a constant's type: the literal, or the `nth` of several values. Null for types whose values the compiler
 * does not read, such as functions and classes, and for types that do not show them.
 */
function valueOfType(type: TS.Type, nth: number, types: TypeInformation, depth = 0): TypedValue | null {
  if (type.isUnion()) {
    const member = type.types[nth % type.types.length];
    const found = member && valueOfType(member, Math.floor(nth / type.types.length), types, depth);
    return found ? { value: found.value, exact: false } : null;
  }
  if (type.isLiteral()) {
    const { value } = type;
    if (typeof value !== "object") return { value, exact: true };
    return { value: BigInt(`${value.negative ? "-" : ""}${value.base10Value}`), exact: true };
  }
  const oneOf = (values: readonly unknown[]) => ({ value: values[nth % values.length], exact: false });
  switch (builtInName(type)) {
    case "true":
      return { value: true, exact: true };
    case "false":
      return { value: false, exact: true };
    case "null":
      return { value: null, exact: true };
    case "undefined":
      return { value: undefined, exact: true };
    case "number":
      return oneOf(numbers);
    case "bigint":
      return oneOf(bigints);
    case "string":
      return oneOf(strings);
    case undefined:
      return depth === maxDepth ? null : valueOfObject(type, nth, types, depth + 1);
    default:
      return null;
  }
}

function valueOfObject(type: TS.Type, nth: number, types: TypeInformation, depth: number): TypedValue | null {
  const { checker } = types;
  const elements = types.elementsOf(type);
  if (elements !== null) {
    const values = elements.map((element) => valueOfType(element, nth, types, depth));
    return values.includes(null)
      ? null
      : { value: values.map((found) => found?.value), exact: values.every((found) => found?.exact === true) };
  }
  if (checker.isArrayType(type)) {
    const [element] = checker.getTypeArguments(type as TS.TypeReference);
    const found = element && valueOfType(element, nth, types, depth);
    return found ? { value: Array.from({ length: 1 + (nth % 2) }, () => found.value), exact: false } : null;
  }
  const properties = checker.getPropertiesOfType(type);
  if (
    type.isClass() ||
    properties.length === 0 ||
    properties.length > maxProperties ||
    type.getCallSignatures().length > 0 ||
    checker.getIndexInfosOfType(type).length > 0
  )
    return null;
  const entries: [string, unknown][] = [];
  let exact = true;
  for (const property of properties) {
    const found = valueOfType(checker.getTypeOfSymbol(property), nth, types, depth);
    if (found === null) return null;
    entries.push([property.name, found.value]);
    exact &&= found.exact;
  }
  return { value: Object.fromEntries(entries), exact };
}
