import { printConstant } from "../expression/tree/print.js";
import { constantOf } from "../expression/tree/tree.js";

/** A string as a TypeScript literal. */
export const quote = (text: string): string => printConstant(constantOf(text));

const keyText = (name: string): string =>
  /^[A-Za-z_$][\w$]*$/.test(name) ? name : name === "__proto__" ? `["__proto__"]` : quote(name);

/**
 * An object as a TypeScript literal.
 *
 * @example objectText({ gold: "a" }, quote) // '{ gold: "a" }'
 */
export function objectText<T>(entries: Readonly<Record<string, T>>, valueText: (value: T) => string): string {
  const parts = Object.entries(entries).map(([name, value]) => `${keyText(name)}: ${valueText(value)}`);
  return parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`;
}
