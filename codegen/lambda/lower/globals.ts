/** Globals that are plain values. */
export const globalValues: ReadonlySet<string> = new Set(["NaN", "Infinity", "undefined"]);

/** Globals whose members a lambda may read and call: `Math.PI`, `Number.isFinite(v)`. */
export const globalNamespaces: ReadonlySet<string> = new Set(["Math", "Number"]);

/** Whether a lambda may call this global: `Math.abs`, `Number.isFinite`, `Number`. */
export const isGlobalFunction = (path: readonly string[]): boolean =>
  path.length === 1 ? path[0] === "Number" : path.length === 2 && globalNamespaces.has(path[0] ?? "");

/** Whether type checking resolves the name without a constant. */
export const isGlobal = (name: string): boolean => globalValues.has(name) || globalNamespaces.has(name);

export const clocks: ReadonlySet<string> = new Set(["Date", "performance", "Temporal"]);
export const random: ReadonlySet<string> = new Set(["crypto"]);

/** Globals that depend on the machine or are not values. */
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

/** Hints for commonly used global functions that are not supported. */
export const functionHints: ReadonlyMap<string, string> = new Map([
  ["isNaN", "write `Number.isNaN(…)`, which does not convert its argument"],
  ["isFinite", "write `Number.isFinite(…)`, which does not convert its argument"],
  ["Boolean", "write the comparison you mean: `x.out !== 0`"],
  ["BigInt", "write a bigint literal: `1n`"],
  ["String", "compare the value itself, without a conversion"],
  ["parseInt", "send the number as a numeric column of the request"],
  ["parseFloat", "send the number as a numeric column of the request"],
  ["Object.is", "write `===`, or `Number.isNaN(…)`"],
  ["Array.isArray", "remove the test: the signature says which ports are lists"],
]);

/**
 * Whether lists or strings have a method of this name: `ALLOWED.includes(v)` calls a method, `checks.small(v)` a
 * helper.
 */
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
