/** A number with all the digits of its text. */
export class NumberText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A JSON value without loss: numbers keep their digits, objects the order of their keys. */
export type JsonValue = null | boolean | string | NumberText | readonly JsonValue[] | JsonObject;
export type JsonObject = ReadonlyMap<string, JsonValue>;

/** Why a text is not valid JSON, and the offset of the error. */
export interface JsonFlaw {
  readonly at: number;
  readonly why: string;
}

/** The maximum nesting, the same as in polars' own reader. */
const maxDepth = 128;

/** Parses a JSON text. Never throws. */
export function parseJsonText(text: string): { readonly value: JsonValue } | { readonly flaw: JsonFlaw } {
  const reader = new Reader(text);
  const value = reader.whole();
  return reader.flaw === null && value !== undefined
    ? { value }
    : { flaw: reader.flaw ?? { at: 0, why: "the text is empty" } };
}

/** A number's text in a message: its digits may be thousands. */
function shortened(text: string): string {
  return text.length > 24 ? `${text.slice(0, 24)}…` : text;
}

class Reader {
  flaw: JsonFlaw | null = null;
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): JsonValue | undefined {
    const value = this.#value(0);
    this.#space();
    if (value !== undefined && this.#at < this.#text.length) return this.#fail("unexpected text after the end");
    return value;
  }

  #fail(why: string): undefined {
    this.flaw ??= { at: this.#at, why: this.#at >= this.#text.length ? "unexpected end of the text" : why };
  }

  #space(): void {
    while (" \t\n\r".includes(this.#text[this.#at] ?? "x")) this.#at++;
  }

  #value(depth: number): JsonValue | undefined {
    this.#space();
    if (depth > maxDepth) return this.#fail(`nested more than ${maxDepth} levels deep`);
    switch (this.#text[this.#at]) {
      case "{":
        return this.#object(depth);
      case "[":
        return this.#list(depth);
      case '"':
        return this.#string();
      default:
        return this.#word();
    }
  }

  #word(): JsonValue | undefined {
    const word = /[\w.+-]*/y;
    word.lastIndex = this.#at;
    const [text = ""] = word.exec(this.#text) ?? [];
    if (text === "true" || text === "false" || text === "null") {
      this.#at += text.length;
      return text === "null" ? null : text === "true";
    }
    if (!/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text)) return this.#fail("invalid value");
    if (!Number.isFinite(Number(text)))
      return this.#fail(`the number ${shortened(text)} is larger than any float64 (1.8e308); write a smaller one`);
    this.#at += text.length;
    return new NumberText(text);
  }

  #string(): string | undefined {
    const end = /"(?:[^"\\]|\\[^])*"/y;
    end.lastIndex = this.#at;
    const [text] = end.exec(this.#text) ?? [];
    if (text === undefined) {
      this.#at = this.#text.length;
      return this.#fail("");
    }
    try {
      const value = JSON.parse(text) as string;
      this.#at += text.length;
      return value;
    } catch {
      return this.#fail("invalid string");
    }
  }

  #list(depth: number): JsonValue[] | undefined {
    const items: JsonValue[] = [];
    this.#at++;
    this.#space();
    if (this.#take("]")) return items;
    for (;;) {
      const item = this.#value(depth + 1);
      if (item === undefined) return undefined;
      items.push(item);
      this.#space();
      if (this.#take("]")) return items;
      if (!this.#take(",")) return this.#fail("expected a comma or a bracket");
    }
  }

  #object(depth: number): JsonObject | undefined {
    const entries = new Map<string, JsonValue>();
    this.#at++;
    this.#space();
    if (this.#take("}")) return entries;
    for (;;) {
      this.#space();
      if (this.#text[this.#at] !== '"') return this.#fail("expected a key");
      const key = this.#string();
      if (key === undefined) return undefined;
      if (entries.has(key)) return this.#fail(`duplicate key '${key}'`);
      this.#space();
      if (!this.#take(":")) return this.#fail("expected a colon");
      const value = this.#value(depth + 1);
      if (value === undefined) return undefined;
      entries.set(key, value);
      this.#space();
      if (this.#take("}")) return entries;
      if (!this.#take(",")) return this.#fail("expected a comma or a brace");
    }
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }
}
