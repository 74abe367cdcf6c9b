import { ModelError } from "../../dsl/errors.js";

/**
 * Requires that each port of one side of a model has a name of its own.
 *
 * @param source the file or the model, as messages name it
 * @throws ModelError SL3016
 */
export function requireDistinctNames(
  source: string,
  side: "input" | "output",
  ports: readonly { readonly name: string }[],
): void {
  const seen = new Set<string>();
  for (const [index, { name }] of ports.entries()) {
    if (name !== "" && !seen.has(name)) {
      seen.add(name);
      continue;
    }
    const what = name === "" ? `its ${side} ${index} has no name` : `two of its ${side}s are called '${name}'`;
    throw new ModelError("SL3016", `'${source}' cannot be used: ${what}. Give every ${side} a name of its own.`, {
      file: source,
      side,
      name,
    });
  }
}
