import { basename, resolve } from "node:path";
import { ModelError } from "../../dsl/errors.js";
import { requireKnownOptions } from "../../src/util/options/known-options.js";
import { urlProblem } from "../../src/util/files/url-problem.js";
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
import { readModels, type ModelProblem, type ReadModelsOptions } from "./read-models.js";
import type { ModelSignature } from "./signature.js";
import { renderModels, renderSplit } from "./write/render-models.js";

export interface GenerateOptions extends ReadModelsOptions {
  /** The file to write. Default: `models.gen.ts`. */
  readonly out?: string;
  /** Write one file per model into a folder next to `out` with the same base name; `out` re-exports them all. */
  readonly split?: boolean;
  /** Write nothing; only report what is out of date. */
  readonly check?: boolean;
  /** Base folder of relative paths. Default: the working directory. */
  readonly cwd?: string;
  /** The module that the generated file imports `generatedModel` from. Default: `shapeline`. */
  readonly importFrom?: string;
}

const optionNames = [
  ...["models", "signatures", "overrides", "unusedOverrides", "unusable"],
  ...["out", "split", "check", "cwd", "importFrom"],
];

export interface GenerateResult {
  /** Absolute path of the generated file, or of the index. */
  readonly out: string;
  /** Sorted by name. */
  readonly models: readonly ModelSignature[];
  /** The content of `out`. */
  readonly text: string;
  /** Absolute paths of all generated files. */
  readonly files: readonly string[];
  /** Whether a file was out of date. With `check`, it still is. */
  readonly changed: boolean;
  /** One line per change. */
  readonly differences: readonly string[];
  /** The files that no handle can be made of. Empty unless they are listed (`unusable: "list"`). */
  readonly problems: readonly ModelProblem[];
}

/**
 * Generates typed handles from model files. On any error nothing is written, and files that are up to date are not
 * touched. With `unusable: "list"`, files that no handle can be made of do not keep the others from being written.
 *
 * @throws ModelError SL3000 to SL3056: an unreadable or unusable file, two models with one name, a pattern without a
 *   match, sources that disagree, or an output file that was written by hand
 * @throws StorageError SL7030 if an output cannot be read or written
 * @example
 * await generateModels({ models: ["models/*.onnx"], out: "src/models.gen.ts" });
 */
export async function generateModels(options: GenerateOptions): Promise<GenerateResult> {
  requireKnownOptions("generateModels()", options, optionNames);
  const cwd = resolve(options.cwd ?? ".");
  const wanted = options.out ?? "models.gen.ts";
  const url = urlProblem(wanted);
  if (url !== null) throw new ModelError("SL3056", `the output file '${wanted}' ${url}`, { path: wanted });
  const out = resolve(cwd, wanted);
  requireTypeScriptName(out);
  const { models, problems } = await readModels(options, cwd);
  const texts = renderFiles(out, models, options);
  const files = await planOutputs(out, texts);
  const changed = files.some(isChanged);
  const differences = changed ? await describeChanges(out, files, models) : [];
  if (changed && options.check !== true) await writeOutputs(files);
  return { out, models, text: texts.get(out) ?? "", files: [...texts.keys()], changed, differences, problems };
}

function requireTypeScriptName(out: string): void {
  if (/\.[cm]?ts$/.test(out) && !/\.d\.[cm]?ts$/.test(out)) return;
  throw new ModelError(
    "SL3056",
    `'${out}' cannot be written: the generated file is TypeScript code, so its name must end in .ts, .mts or .cts (not .d.ts). Choose another name with --out or 'out'.`,
    { path: out },
  );
}

/** File contents by path. The index comes last, so it is written after the files that it exports. */
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
  if (index === undefined) return [`${file}: the file does not exist yet`, ...describeDifferences([], models)];
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
        ? "left over from an earlier layout"
        : existing === undefined
          ? "the file does not exist yet"
          : "the same models, but edited, formatted or written by another version";
    return `${basename(path)}: ${why}`;
  });
}
