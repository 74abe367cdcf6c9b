import { bounds, exceeded } from "../../util/bounds.js";
import { setOwnProperty } from "../../util/objects.js";

/** Whole numbers up to this length are exact as bigints; longer ones belong to floats. */
const maxBigIntDigits = 40;
const numbers = /-?(?:NaN|Infinity|(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/y;
const space = /[ \t\n\r]*/y;
const words: Readonly<Record<string, unknown>> = { true: true, false: false, null: null };

/**
 * Parses JSON as servers write it: `NaN`, `Infinity` and `-Infinity` are numbers, and whole numbers that a number would
 * round are bigints.
 *
 * @throws SyntaxError with the position of what is no JSON
 * @example parseLosslessJson("[9007199254740993, NaN]"); // [9007199254740993n, NaN]
 */
export function parseLosslessJson(text: string): unknown {
  let at = 0;
  const skip = (): void => {
    space.lastIndex = at;
    space.test(text);
    at = space.lastIndex;
  };
  const fail = (): never => {
    throw new SyntaxError(at >= text.length ? `it ends after ${text.length} characters` : `at character ${at}`);
  };
  const next = (char: string): boolean => {
    skip();
    if (text[at] !== char) return false;
    at++;
    return true;
  };
  const string = (): string => {
    skip();
    if (text[at] !== '"') return fail();
    let end = at;
    do end = text.indexOf('"', end + 1);
    while (end > 0 && isEscaped(text, end));
    if (end < 0) {
      at = text.length;
      return fail();
    }
    try {
      const value = JSON.parse(text.slice(at, end + 1)) as string;
      at = end + 1;
      return value;
    } catch {
      return fail();
    }
  };
  const number = (): number | bigint => {
    numbers.lastIndex = at;
    const token = numbers.exec(text)?.[0];
    if (token === undefined || token === "-NaN") return fail();
    at += token.length;
    const value = Number(token);
    const isWhole = token.length > 15 && token.length <= maxBigIntDigits && /^-?\d+$/.test(token);
    return isWhole && !Number.isSafeInteger(value) ? BigInt(token) : value;
  };
  const value = (depth: number): unknown => {
    if (depth > bounds.answerDepth.limit) throw new SyntaxError(exceeded(bounds.answerDepth));
    skip();
    const char = text[at] ?? "";
    if (char === '"') return string();
    if (next("[")) {
      const list: unknown[] = [];
      if (next("]")) return list;
      do list.push(value(depth + 1));
      while (next(","));
      return next("]") ? list : fail();
    }
    if (next("{")) {
      const object: Record<string, unknown> = {};
      if (next("}")) return object;
      do {
        const key = string();
        if (!next(":")) return fail();
        setOwnProperty(object, key, value(depth + 1));
      } while (next(","));
      return next("}") ? object : fail();
    }
    for (const word in words)
      if (text.startsWith(word, at)) {
        at += word.length;
        return words[word];
      }
    return number();
  };
  const result = value(1);
  skip();
  return at === text.length ? result : fail();
}

/** Whether an odd number of backslashes stands before a quote. */
function isEscaped(text: string, quote: number): boolean {
  let from = quote;
  while (text[from - 1] === "\\") from--;
  return (quote - from) % 2 === 1;
}

/**
 * The number of bytes of the JSON object at the start of an answer, whose tensors follow it; -1 if it does not end. For
 * browsers, which hide the header with this length unless the server exposes it (CORS).
 */
export function jsonObjectLength(bytes: Uint8Array): number {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (inString) {
      if (byte === 0x5c) at++;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x7b) depth++;
    else if (byte === 0x7d && --depth === 0) return at + 1;
  }
  return -1;
}
