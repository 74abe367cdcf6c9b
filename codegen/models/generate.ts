import { basename, resolve } from "node:path";
import { ModelError } from "../../dsl/errors.js";
import { describeDifferences } from "./write/diff.js";
import {
  isChanged,
  isGenerated,
  planOutputs,
  splitFolder,
  writeOutputs,
  type OutputFile,
} from "./write/output-files.js";
import { parseGenerated } from "./write/parse-generated.js";
import { readModels, type ReadModelsOptions } from "./read-models.js";
import type { ModelSignature } from "./signature.js";
import { renderModels, renderSplit } from "./write/render-models.js";

export interface GenerateOptions extends ReadModelsOptions {
  /** The file to write; `models.gen.ts` when left out. */
  readonly out?: string;
  /** One file a model, in a folder beside `out` and called like it; `out` is their index. */
  readonly split?: boolean;
  /** Write nothing; only say what is out of date. */
  readonly check?: boolean;
  /** What paths are relative to; the working directory when left out. */
  readonly cwd?: string;
  /** The module that the file imports `generatedModel` from; `shapeline` when left out. */
  readonly importFrom?: string;
}

export interface GenerateResult {
  /** Absolute path of the generated file, or of the index. */
  readonly out: string;
  /** In the order of their names. */
  readonly models: readonly ModelSignature[];
  /** What `out` says. */
  readonly text: string;
  /** Absolute paths of all generated files. */
  readonly files: readonly string[];
  /** Whether a file was (or, with `check`, is) otherwise than it should be. */
  readonly changed: boolean;
  /** What changed, in words, one line each. */
  readonly differences: readonly string[];
}

/**
 * Writes the typed handles of model files: all of the file or, on any error, nothing. A file that is up to date is not touched.
 *
 * @throws ModelError SL3000 to SL3056 (a file that cannot be read or used, two of one name, no match, sources that disagree, an output that somebody wrote by hand)
 * @throws StorageError SL7030 where the output cannot be read or written
 * @example
 * await generateModels({ models: ["models/*.onnx"], out: "src/models.gen.ts" });
 */
export async function generateModels(options: GenerateOptions): Promise<GenerateResult> {
  const cwd = resolve(options.cwd ?? ".");
  const out = resolve(cwd, options.out ?? "models.gen.ts");
  requireTypeScriptName(out);
  const models = await readModels(options, cwd);
  const texts = renderFiles(out, models, options);
  const files = await planOutputs(out, texts);
  const changed = files.some(isChanged);
  const differences = changed ? await describeChanges(out, files, models) : [];
  if (changed && options.check !== true) await writeOutputs(files);
  return { out, models, text: texts.get(out) ?? "", files: [...texts.keys()], changed, differences };
}

function requireTypeScriptName(out: string): void {
  if (/\.[cm]?ts$/.test(out) && !/\.d\.[cm]?ts$/.test(out)) return;
  throw new ModelError(
    "SL3056",
    `'${out}' cannot be written: it holds TypeScript with values, so its name ends in .ts, .mts or .cts (and not in .d.ts). Choose another with --out or 'out'.`,
    { path: out },
  );
}

/** By path; the index comes after what it names. */
function renderFiles(
  out: string,
  models: readonly ModelSignature[],
  { split, importFrom }: GenerateOptions,
): ReadonlyMap<string, string> {
  if (split !== true) return new Map([[out, renderModels(models, importFrom)]]);
  const { index, files } = renderSplit(models, basename(splitFolder(out)), importFrom);
  return new Map([
    ...files.map(({ name, text }) => [resolve(splitFolder(out), `${name}.ts`), text] as const),
    [out, index],
  ]);
}

async function describeChanges(
  out: string,
  files: readonly OutputFile[],
  models: readonly ModelSignature[],
): Promise<readonly string[]> {
  const file = basename(out);
  const index = files.find(({ path }) => path === out)?.existing;
  if (index === undefined) return [`${file}: there is no such file yet`, ...describeDifferences([], models)];
  const own = files.find(({ existing }) => existing !== undefined && !isGenerated(existing));
  if (own !== undefined) return [`${basename(own.path)}: it was not written by \`shapeline generate\``];
  const written = await Promise.all(
    files.map(async ({ existing }) => (existing === undefined ? [] : await parseGenerated(existing))),
  );
  const differences = describeDifferences(written.flat(), models);
  if (differences.length > 0) return differences;
  return files.filter(isChanged).map(({ path, text, existing }) => {
    const why =
      text === undefined
        ? "left over from another layout"
        : existing === undefined
          ? "not there yet"
          : "the same models, but edited, formatted or written by another version";
    return `${basename(path)}: ${why}`;
  });
}
