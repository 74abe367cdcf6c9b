/** Globals that are plain values. */
export const globalValues: ReadonlySet<string> = new Set(["NaN", "Infinity", "undefined"]);

/** Globals whose members a lambda may read and call: `Math.PI`, `Number.isFinite(v)`. */
export const globalNamespaces: ReadonlySet<string> = new Set(["Math", "Number"]);

/** True for a name that the typing stage resolves by itself, without a constant. */
export const isGlobal = (name: string): boolean => globalValues.has(name) || globalNamespaces.has(name);

export const clocks: ReadonlySet<string> = new Set(["Date", "performance", "Temporal"]);
export const random: ReadonlySet<string> = new Set(["crypto"]);

/** Globals that differ from machine to machine, or are no values at all. */
export const hostGlobals: ReadonlySet<string> = new Set([
  "console",
  "document",
  "global",
  "globalThis",
  "localStorage",
  "navigator",
  "process",
  "require",
  "module",
  "exports",
  "self",
  "sessionStorage",
  "window",
  "Deno",
  "Bun",
]);

/** Global functions that people reach for, and what to write instead. */
export const functionHints: ReadonlyMap<string, string> = new Map([
  ["isNaN", "write `Number.isNaN(…)`, which does not convert its argument"],
  ["isFinite", "write `Number.isFinite(…)`, which does not convert its argument"],
  ["Boolean", "write the comparison you mean: `x.out !== 0`"],
  ["Number", "remove the conversion: a port is already a number"],
  ["BigInt", "write a bigint literal: `1n`"],
  ["String", "compare the value itself, without a conversion"],
  ["parseInt", "send the number as a numeric column of the request"],
  ["parseFloat", "send the number as a numeric column of the request"],
  ["Object.is", "write `===`, or `Number.isNaN(…)`"],
  ["Array.isArray", "remove the test: the signature says which ports are lists"],
]);

/** True for the name of a method that values have: on a constant, `ALLOWED.includes(v)` is a method and `checks.small(v)` a function. */
export const isValueMethod = (name: string): boolean => valueMethods.has(name);

const valueMethods: ReadonlySet<string> = new Set([
  "at",
  "concat",
  "every",
  "filter",
  "find",
  "findIndex",
  "flat",
  "flatMap",
  "includes",
  "indexOf",
  "join",
  "lastIndexOf",
  "map",
  "reduce",
  "reduceRight",
  "slice",
  "some",
  "charAt",
  "charCodeAt",
  "codePointAt",
  "endsWith",
  "match",
  "padEnd",
  "padStart",
  "repeat",
  "replace",
  "split",
  "startsWith",
  "substring",
  "toFixed",
  "toLowerCase",
  "toString",
  "toUpperCase",
  "trim",
  "has",
  "get",
]);
