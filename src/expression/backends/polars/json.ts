import { lengthLimit, refuse } from "../emitter.js";

/** A JSON text, how deep it nests, and whether it reads a column, so that it has one value per row. */
export interface Json {
  readonly text: string;
  readonly depth: number;
  readonly perRow: boolean;
}

/** Polars' JSON reader fails at 128 levels. */
const maxDepth = 120;
const checkLength = lengthLimit(1024 * 1024);

/** A text and the parts inside it, which are `levels` deeper than the text. */
export function json(text: string, levels: number, ...parts: readonly Json[]): Json {
  const depth = levels + Math.max(0, ...parts.map((part) => part.depth));
  if (depth > maxDepth)
    refuse("SL1203", "it nests too deep for polars' JSON reader; split it into several validations");
  return { text: checkLength(text), depth, perRow: parts.some((part) => part.perRow) };
}

/** `{"Function":{"input":[…],"function":…,"options":…}}`. From 1.44 on there are no options: null. */
export function functionJson(name: string, options: string | null, inputs: readonly Json[]): Json {
  const more = options === null ? "" : `,"options":${options}`;
  return json(
    `{"Function":{"input":[${inputs.map((i) => i.text).join(",")}],"function":${name}${more}}}`,
    4,
    ...inputs,
  );
}
