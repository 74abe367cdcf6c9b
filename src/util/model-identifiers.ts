import { baseName } from "./file-name.js";

/** Words that cannot name an `export const` or an interface in the generated file. */
const reserved = new Set(
  (
    "arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function " +
    "if implements import in instanceof interface let new null package private protected public return static super switch this throw true try " +
    "typeof var void while with yield undefined NaN Infinity globalThis require exports generatedModel Model Tensor"
  ).split(" "),
);

/**
 * Unicode blocks that still receive new letters, and everything outside the basic plane: compilers differ in which of
 * them they accept.
 */
const recent = /[\u0870-\u089f\u1c80-\u1c8f\ua720-\ua7ff\u{10000}-\u{10ffff}]/u;

const letters = new RegExp(`(?:(?!${recent.source})[\\p{ID_Start}\\p{Nd}])+`, "gu");

/** A model's names in the generated file. */
export interface ModelIdentifiers {
  /** The handle in camelCase: `housePriceKeras`. */
  readonly handle: string;
  /** Its interface in PascalCase: `HousePriceKeras`. */
  readonly type: string;
}

/**
 * Identifiers for the handles of model files. If two would be equal, the later one gets the first free number.
 *
 * @example
 * modelIdentifiers(["gradient-boosting.onnx"]); // [{ handle: "gradientBoosting", type: "GradientBoosting" }]
 */
export function modelIdentifiers(files: readonly string[]): readonly ModelIdentifiers[] {
  const wanted = files.map(identifiersOf);
  // A numbered identifier that another file has by its own name stays with that file.
  const reservedByName = new Set(wanted.flatMap(({ handle, type }) => [handle, type]));
  const taken = new Set<string>();
  return wanted.map((wish) => {
    let result = wish;
    for (let n = 2; taken.has(result.handle) || taken.has(result.type); n++) {
      const next = { handle: `${wish.handle}${n}`, type: `${wish.type}${n}` };
      if (!reservedByName.has(next.handle) && !reservedByName.has(next.type)) result = next;
    }
    taken.add(result.handle).add(result.type);
    return result;
  });
}

/** The identifiers of one file, before conflicts with other files are resolved. */
function identifiersOf(file: string): ModelIdentifiers {
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

function upperFirst(word: string): string {
  const [first = ""] = word;
  const upper = first.toUpperCase();
  return (recent.test(upper) ? first : upper) + word.slice(first.length);
}

/** `XGBoost` -> `xgBoost`, `RF` -> `rf`, `modelA` unchanged. */
function lowerFirst(word: string): string {
  return word.replace(/^(?:\p{Lu}+(?=\p{Lu}\p{Ll})|\p{Lu}+)/u, (capitals) => capitals.toLowerCase());
}
