/** The methods a lambda may call. */
export const methods: readonly string[] = [
  "every",
  "some",
  "includes",
  "indexOf",
  "reduce",
  "at",
  "startsWith",
  "endsWith",
];

const one = "take the elements you mean, as in list[0], or ask about all of them with every, some or includes";
const spelling = 'list the spellings you mean: ["yes", "YES"].includes(s)';
const texts = "use ===, startsWith, endsWith or includes";

/** Methods that people reach for, and what to write instead. */
export const methodHints: Readonly<Partial<Record<string, string>>> = {
  filter: "put the condition into every, some or reduce: list.every((v) => !wanted(v) || v < 1)",
  map: "put the calculation into every, some or reduce: list.every((v) => v * 2 < 1)",
  flatMap: "put the calculation into every, some or reduce",
  flat: one,
  find: "ask whether there is one: list.some((v) => v > 1)",
  findLast: "ask whether there is one: list.some((v) => v > 1)",
  findIndex: "ask whether there is one: list.some((v, i) => i === 2 && v > 1)",
  lastIndexOf: "ask whether it is there with includes",
  reduceRight: "use reduce",
  forEach: "use every, some or reduce",
  slice: one,
  concat: "ask about each list by itself",
  sort: one,
  toSorted: one,
  reverse: one,
  join: "compare the elements one by one",
  has: "keep the values in an array: ALLOWED.includes(v)",
  get: "keep the values in a plain object or array",
  toLowerCase: spelling,
  toUpperCase: spelling,
  trim: spelling,
  charAt: texts,
  charCodeAt: texts,
  codePointAt: texts,
  match: texts,
  replace: texts,
  split: texts,
  substring: texts,
  toFixed: "compare the number itself",
  toString: "compare the value itself",
};
