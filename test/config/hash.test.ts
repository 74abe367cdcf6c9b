import { transformSync, type TransformOptions } from "esbuild";
import { describe, expect, test } from "vitest";
import { build, defineModel, pipeline, tensor, type AnyPipeline } from "shapeline";
import { hashConfig, parseConfig } from "shapeline/config";
import { canonicalJson } from "../../src/config/canonical.js";
import { sha256Hex } from "../../src/config/digest/sha256.js";
import type { Config } from "../../src/config/schema.js";
import { refusal } from "../refusal.js";

const scorer = defineModel({
  name: "scorer",
  sha256: "a".repeat(64),
  inputs: { x: tensor("float32", ["batch", 4]) },
  outputs: { y: tensor("float32", ["batch", 2]) },
});

const source = `
  pipeline("fraud")
    .model(scorer)
    .validate("low", (row) => {
      const limit: number = 0.5;
      if (row.out.y[0] > limit) return row.in.x[1] >= 1_000;
      return false;
    })
    .validate("finite", (row) => row.in.x.every((value) => !(value === Infinity || value < -1)))
    .alert("drift", (all) => all.avg((row) => row.out.y[0] - 1) > 0.25 && !(all.count() === 0), { over: "5m" })`;

/** The pipeline as a runtime or bundler hands it over. */
function builtWith(options: TransformOptions): Promise<Config> {
  const { code } = transformSync(`result = ${source};`, { loader: "ts", ...options });
  const run = new Function("pipeline", "scorer", `let result; ${code}; return result;`) as (
    ...args: unknown[]
  ) => AnyPipeline;
  return build(run(pipeline, scorer));
}

const sourceOf = (config: Config): string => (config.steps[1] as { readonly source: string }).source;
const config = await builtWith({});

/** The config with the hash that earlier versions gave it: of all content. */
const withOldHash = ({ hash: _, ...content }: Config): Config => ({
  ...content,
  hash: sha256Hex(canonicalJson(content)),
});

describe("the hash of a config", () => {
  test.each<[string, TransformOptions]>([
    ["tsx: names kept, without spaces", { keepNames: true, minifyWhitespace: true, target: "node20" }],
    ["a minifier", { minify: true }],
    ["a minifier for an older language", { minify: true, target: "es2017" }],
    ["a bundler that renames", { minifyIdentifiers: true }],
    ["another text on each line", { banner: "\n\n\n" }],
  ])("is the same for the code of %s", async (_, options) => {
    const other = await builtWith(options);
    expect(other.hash).toBe(config.hash);
    expect(parseConfig(other)).toEqual(other);
  });

  test("is of the meaning; the text stays beside it", async () => {
    const minified = await builtWith({ minify: true });
    expect(sourceOf(config)).toContain("const limit = 0.5");
    expect(sourceOf(minified)).not.toBe(sourceOf(config));
    expect(hashConfig({ ...config, steps: minified.steps })).toBe(config.hash);
  });

  test("changes with a limit, a step's name, a window and a model", async () => {
    const hashes = await Promise.all(
      [
        ["0.5;", "0.6;"],
        ['"low"', '"lower"'],
        ['"5m"', '"6m"'],
        [">= 1_000", "> 1_000"],
        ["avg", "max"],
      ].map(async ([from = "", to = ""]) => {
        const { code } = transformSync(`result = ${source.replace(from, to)};`, { loader: "ts" });
        return (
          await build(new Function("pipeline", "scorer", `let result; ${code}; return result;`)(pipeline, scorer))
        ).hash;
      }),
    );
    expect(new Set([config.hash, ...hashes]).size).toBe(6);
  });

  test("of an earlier version is accepted, and replaced by today's", () => {
    const old = withOldHash(config);
    expect(old.hash).not.toBe(config.hash);
    expect(parseConfig(old)).toEqual(config);
  });

  test("refuses an edited expression, under both rules", async () => {
    const edit = (original: Config): unknown =>
      JSON.parse(JSON.stringify(original).replaceAll('"value":0.5', '"value":0.9'));
    expect(await refusal(() => parseConfig(edit(config)))).toContain("SL4003");
    expect(await refusal(() => parseConfig(edit(withOldHash(config))))).toContain("SL4003");
  });

  test("leaves out the texts that follow from the trees, which are compiled and compared", async () => {
    const edited = structuredClone(config) as unknown as {
      steps: { expression: { strings: Record<string, string> } }[];
    };
    edited.steps[3]!.expression.strings["sql"] = "true";
    expect(hashConfig(edited as unknown as Config)).toBe(config.hash);
    expect(await refusal(() => parseConfig(edited))).toContain("SL4007");
  });
});
