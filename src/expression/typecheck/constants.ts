import type { ConstantValue } from "../tree/tree.js";
import type { Constants } from "../surface/surface.js";
import { didYouMean } from "../../util/did-you-mean.js";

/**
 * A value from outside the lambda: a constant, a plain object or array of constants, null or undefined, a function, or
 * an error.
 */
export type ExternalValue =
  | { readonly kind: "constant"; readonly value: ConstantValue }
  | { readonly kind: "object"; readonly value: object }
  | { readonly kind: "nothing"; readonly value: null | undefined; readonly message: string; readonly hint: string }
  | { readonly kind: "function"; readonly value: object; readonly name: string }
  | {
      readonly kind: "refused";
      readonly code: "SL1100" | "SL1101" | "SL1104" | "SL1105" | "SL1117";
      readonly message: string;
      readonly hint: string;
    };

export const constantHint =
  "bring the value in as a constant: a number, string, boolean, bigint, or a plain object or array of them";

export const nothingHint = "compare it with === or !==; for a list that may be too short, check its .length or use ??";

/** Globals that never change. */
const globals: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  ...Object.fromEntries(
    (["E", "LN10", "LN2", "LOG10E", "LOG2E", "PI", "SQRT1_2", "SQRT2"] as const).map((name) => [
      `Math.${name}`,
      Math[name],
    ]),
  ),
  ...Object.fromEntries(
    (
      [
        "EPSILON",
        "MAX_SAFE_INTEGER",
        "MAX_VALUE",
        "MIN_SAFE_INTEGER",
        "MIN_VALUE",
        "NEGATIVE_INFINITY",
        "NaN",
        "POSITIVE_INFINITY",
      ] as const
    ).map((name) => [`Number.${name}`, Number[name]]),
  ),
};

/** Looks up the path of a free variable in the constants, then in the globals. */
export function lookUpConstant(path: readonly string[], constants: Constants): ExternalValue {
  const [first, ...rest] = path as readonly [string, ...string[]];
  if (!Object.hasOwn(constants, first)) {
    const name = path.join(".");
    const known = Object.hasOwn(globals, name) ? globals[name] : undefined;
    if (known !== undefined) return { kind: "constant", value: known };
    if (first === "undefined")
      return { kind: "nothing", value: undefined, message: "a row never holds undefined", hint: nothingHint };
    return {
      kind: "refused",
      code: "SL1100",
      message: `'${name}' has no value here${didYouMean(first, Object.keys(constants))}`,
      hint: constantHint,
    };
  }
  let found = classify(constants[first], first);
  for (let i = 0; i < rest.length; i++) {
    if (found.kind !== "object") {
      if (found.kind === "refused") return found;
      if (found.kind === "nothing")
        return { kind: "refused", code: "SL1117", message: found.message, hint: found.hint };
      return refuseProperty(path.slice(0, i + 1).join("."), rest[i] ?? "", []);
    }
    found = propertyOf(found.value, rest[i] ?? "", path.slice(0, i + 1).join("."));
  }
  return found;
}

/** An own property of a plain object or array from outside. */
export function propertyOf(owner: object, key: string, text: string): ExternalValue {
  const property = Object.getOwnPropertyDescriptor(owner, key);
  if (property === undefined) {
    if (Array.isArray(owner) && /^\d+$/.test(key)) {
      return {
        kind: "refused",
        code: "SL1105",
        message: `'${text}' has ${owner.length} elements, so [${key}] is past its end`,
        hint: "the first element is [0]",
      };
    }
    return refuseProperty(text, key, Object.keys(owner));
  }
  if (!("value" in property) && isExport(property))
    return classify((owner as Readonly<Record<string, unknown>>)[key], `${text}.${key}`);
  if (!("value" in property)) {
    return {
      kind: "refused",
      code: "SL1101",
      message: `'${text}.${key}' is computed by a getter, so its value may change`,
      hint: constantHint,
    };
  }
  return classify(property.value, `${text}.${key}`);
}

/** Bundlers emit a module namespace, as of `export * as limits`, as an object of getters that cannot be redefined. */
const isExport = (property: PropertyDescriptor): boolean =>
  property.set === undefined && property.enumerable === true && property.configurable === false;

function refuseProperty(text: string, key: string, known: readonly string[]): ExternalValue {
  return {
    kind: "refused",
    code: "SL1104",
    message: `'${text}' has no property '${key}'${didYouMean(key, known)}`,
    hint: "check the declaration of the constant",
  };
}

function classify(value: unknown, text: string): ExternalValue {
  switch (typeof value) {
    case "number":
    case "bigint":
    case "boolean":
    case "string":
      return { kind: "constant", value };
    case "object": {
      if (value === null) break;
      const prototype: unknown = Object.getPrototypeOf(value);
      if (prototype === null || prototype === Object.prototype || Array.isArray(value))
        return { kind: "object", value };
      return {
        kind: "refused",
        code: "SL1101",
        message: `'${text}' is an object of a class, not a plain constant`,
        hint: constantHint,
      };
    }
    case "function":
      return { kind: "function", value, name: text };
    case "undefined":
      break;
    default:
      return {
        kind: "refused",
        code: "SL1101",
        message: `'${text}' is a ${typeof value}, not a constant`,
        hint: constantHint,
      };
  }
  return { kind: "nothing", value, message: `'${text}' is ${String(value)}`, hint: constantHint };
}
