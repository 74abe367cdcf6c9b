/** A message of protobuf's text format: the values of each field, in order. */
export type TextMessage = ReadonlyMap<string, readonly TextValue[]>;
/** Words, numbers and string contents are all strings; the caller interprets them. */
export type TextValue = string | TextMessage;

export interface TextError {
  readonly line: number;
  readonly what: string;
}

const maxDepth = 64;
const token =
  /(?<skip>(?:\s|#[^\n]*)+)|(?<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?<word>[\w.+-]+)|(?<mark>[{}<>[\]:,;])/gy;
const closingMarks: Readonly<Record<string, string>> = { "{": "}", "<": ">" };

interface Token {
  readonly kind: "string" | "word" | "mark";
  readonly text: string;
  readonly at: number;
}

/** Parses protobuf's text format: `name: "x" input { dims: [ 1, 2 ] }`. */
export function parseTextFormat(text: string): { readonly message: TextMessage } | { readonly error: TextError } {
  const tokens = tokenize(text);
  if (typeof tokens === "number")
    return {
      error: {
        line: lineOf(text, tokens),
        what: `unexpected character ${JSON.stringify(text[tokens])}`,
      },
    };
  const parser = new Parser(tokens);
  const message = parser.message(undefined, 0);
  if (message !== undefined) return { message };
  return { error: { line: lineOf(text, tokens[parser.at]?.at ?? text.length), what: parser.problem } };
}

function lineOf(text: string, at: number): number {
  return text.slice(0, at).split("\n").length;
}

/** The tokens, or the offset of a character that starts no token. */
function tokenize(text: string): readonly Token[] | number {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    token.lastIndex = at;
    const { groups = {} } = token.exec(text) ?? {};
    const { skip, string, word, mark } = groups;
    const found = skip ?? string ?? word ?? mark;
    if (found === undefined) return at;
    if (string !== undefined) tokens.push({ kind: "string", text: unescapeString(string.slice(1, -1)), at });
    else if (skip === undefined) tokens.push({ kind: word === undefined ? "mark" : "word", text: found, at });
    at += found.length;
  }
  return tokens;
}

const escape =
  /(?<bytes>(?:\\(?:[0-7]{1,3}|[xX][\da-fA-F]{1,2}))+)|\\(?:u(?<four>[\da-fA-F]{4})|U(?<eight>[\da-fA-F]{8})|(?<letter>.))/gs;
const escapeLetters: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** Resolves escapes. Consecutive byte escapes are decoded together as UTF-8. */
function unescapeString(text: string): string {
  return text.replace(escape, (...match) => {
    const { bytes, four, eight, letter = "" } = match.at(-1) as Readonly<Record<string, string | undefined>>;
    if (bytes !== undefined)
      return Buffer.from(
        Array.from(bytes.matchAll(/\\(?:[xX]([\da-fA-F]+)|(\d+))/g), ([, hex = "", octal = "0"]) =>
          hex === "" ? parseInt(octal, 8) : parseInt(hex, 16),
        ),
      ).toString("utf8");
    const code = four ?? eight;
    if (code === undefined) return escapeLetters[letter] ?? letter;
    const point = parseInt(code, 16);
    return point > 0x10ffff ? "\ufffd" : String.fromCodePoint(point);
  });
}

/** On a syntax error the methods return undefined; `at` is the token's index and `problem` the reason. */
class Parser {
  at = 0;
  problem = "";
  readonly #tokens: readonly Token[];

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  message(end: string | undefined, depth: number): TextMessage | undefined {
    if (depth > maxDepth) return this.#fail(`messages are nested deeper than ${maxDepth}`);
    const fields = new Map<string, TextValue[]>();
    for (;;) {
      const next = this.#tokens[this.at];
      if (end === undefined ? next === undefined : next?.text === end && next.kind === "mark") break;
      if (next?.kind !== "word") return this.#fail(`expected a field name${end === undefined ? "" : ` or '${end}'`}`);
      this.at += 1;
      const colon = this.#take(":");
      const values = this.#values(colon, depth);
      if (values === undefined) return undefined;
      const known = fields.get(next.text);
      if (known === undefined) fields.set(next.text, values);
      else for (const value of values) known.push(value);
      if (!this.#take(",")) this.#take(";");
    }
    this.at += 1;
    return fields;
  }

  #values(colon: boolean, depth: number): TextValue[] | undefined {
    if (!this.#take("[")) {
      const value = this.#value(colon, depth);
      return value === undefined ? undefined : [value];
    }
    const values: TextValue[] = [];
    while (!this.#take("]")) {
      if (values.length > 0 && !this.#take(",")) return this.#fail("expected ',' or ']'");
      const value = this.#value(true, depth);
      if (value === undefined) return undefined;
      values.push(value);
    }
    return values;
  }

  #value(scalar: boolean, depth: number): TextValue | undefined {
    const next = this.#tokens[this.at];
    const end = next?.kind === "mark" ? closingMarks[next.text] : undefined;
    if (end !== undefined) {
      this.at += 1;
      return this.message(end, depth + 1);
    }
    if (!scalar || next === undefined || next.kind === "mark")
      return this.#fail(scalar ? "expected a value" : "expected ':' or '{'");
    this.at += 1;
    let { text } = next;
    // Consecutive strings are concatenated.
    for (
      let more = this.#tokens[this.at];
      next.kind === "string" && more?.kind === "string";
      more = this.#tokens[this.at]
    ) {
      text += more.text;
      this.at += 1;
    }
    return text;
  }

  #take(mark: string): boolean {
    const next = this.#tokens[this.at];
    if (next?.kind !== "mark" || next.text !== mark) return false;
    this.at += 1;
    return true;
  }

  #fail(problem: string): undefined {
    this.problem = problem;
    return undefined;
  }
}
