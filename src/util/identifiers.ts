import { isUrl } from "./source-path.js";

const MAX_NAME = 63;

/** Words that no `export const` or interface of the generated file may take. */
const reserved = new Set(
  (
    "arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function " +
    "if implements import in instanceof interface let new null package private protected public return static super switch this throw true try " +
    "typeof var void while with yield undefined NaN Infinity globalThis require exports generatedModel Model Tensor"
  ).split(" "),
);

/** Blocks that still get new letters, and all outside the basic plane: compilers differ in which of them they know. */
const recent = /[\u0870-\u089f\u1c80-\u1c8f\ua720-\ua7ff\u{10000}-\u{10ffff}]/u;

const letters = new RegExp(`(?:(?!${recent.source})[\\p{ID_Start}\\p{Nd}])+`, "gu");

/** What a model is called in the generated file. */
export interface Identifiers {
  /** The handle, camelCase: `housePriceKeras`. */
  readonly handle: string;
  /** Its interface, PascalCase: `HousePriceKeras`. */
  readonly type: string;
}

/** The file's name without folders; of a URL without its query, which may hold a key. */
export function fileName(file: string): string {
  const path = isUrl(file) ? file.replace(/[?#].*$/s, "") : file;
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}

/** The file's name without folders and extension. */
export function baseName(file: string): string {
  const name = fileName(file);
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(0, dot) : name;
}

/**
 * The model's name: its file's base name as a DNS label of at most 63 characters.
 *
 * @example
 * modelName("models/house_price_keras.onnx"); // "house-price-keras"
 */
export function modelName(file: string): string {
  return labelOf(baseName(file));
}

/** A name as a DNS label of at most 63 characters. */
export function labelOf(name: string): string {
  const base = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const label = trimDashes(base.replace(/[^a-z0-9]+/g, "-"));
  if (label !== "") return trimDashes(label.slice(0, MAX_NAME));
  // Nothing of the name is ASCII: its code points stand for it.
  const points = [...base].map((char) => (char.codePointAt(0) ?? 0).toString(16));
  return trimDashes(`model-${points.join("-")}`.slice(0, MAX_NAME));
}

function trimDashes(text: string): string {
  return text.replace(/^-+|-+$/g, "");
}

/**
 * The identifiers of one model file, before clashes with other files are settled.
 *
 * @example
 * identifiersOf("gradient-boosting.onnx"); // { handle: "gradientBoosting", type: "GradientBoosting" }
 */
export function identifiersOf(file: string): Identifiers {
  const words = baseName(file).normalize("NFKC").match(letters) ?? [];
  const joined = words.map((word, index) => (index === 0 ? word : upperFirst(word))).join("");
  const word = joined === "" || /^\p{Nd}/u.test(joined) ? `model${upperFirst(joined)}` : joined;
  const handle = lowerFirst(word);
  const type = upperFirst(word);
  return {
    handle: reserved.has(handle) ? `${handle}Model` : handle,
    type: reserved.has(type) || type === handle ? `${type}Model` : type,
  };
}

/** Identifiers for many files: where two would be the same, the later in order gets the first free number. */
export function identifiersFor(files: readonly string[]): readonly Identifiers[] {
  const wanted = files.map(identifiersOf);
  // A number that another file has in its own name stays with that file.
  const own = new Set(wanted.flatMap(({ handle, type }) => [handle, type]));
  const given = new Set<string>();
  return wanted.map((wish) => {
    let result = wish;
    for (let n = 2; given.has(result.handle) || given.has(result.type); n++) {
      const next = { handle: `${wish.handle}${n}`, type: `${wish.type}${n}` };
      if (!own.has(next.handle) && !own.has(next.type)) result = next;
    }
    given.add(result.handle).add(result.type);
    return result;
  });
}

function upperFirst(word: string): string {
  const [first = ""] = word;
  const upper = first.toUpperCase();
  return (recent.test(upper) ? first : upper) + word.slice(first.length);
}

/** `XGBoost` -> `xgBoost`, `RF` -> `rf`, `modelA` as it is. */
function lowerFirst(word: string): string {
  return word.replace(/^(?:\p{Lu}+(?=\p{Lu}\p{Ll})|\p{Lu}+)/u, (capitals) => capitals.toLowerCase());
}
