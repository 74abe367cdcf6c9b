import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compiledProject, deployedProject, project, shapeline } from "./shapeline.js";

/** The error of a run with --json, as `CODE message`. */
const errorOf = (run: { code: number; out: string }) => {
  expect(run.code).toBe(1);
  const { error } = JSON.parse(run.out) as { error: { code: string; message: string } };
  return `${error.code} ${error.message.replaceAll(/\/[^ ']*\/shapeline-cli-\w+/g, "<folder>")}`;
};

describe("wrong input: exit code 1, a coded message and no changes", () => {
  it("a truncated model file, and a file that is not ONNX: the other models are written", async () => {
    const folder = project("fraud");
    const problems = async (...options: string[]) => {
      const { code, out } = await shapeline(folder, ["generate", "models/*.onnx", "--json", ...options]);
      const result = JSON.parse(out) as { problems: { code: string; message: string }[]; models: { name: string }[] };
      return {
        exit: code,
        models: result.models.map(({ name }) => name),
        problems: result.problems.map((problem) => `${problem.code} ${problem.message.replaceAll(folder, "<folder>")}`),
      };
    };
    truncateSync(join(folder, "models", "champ.onnx"), 5000);
    expect(await problems()).toEqual({
      exit: 1,
      models: ["a", "c1", "c2"],
      problems: [
        "SL3011 model file '<folder>/models/champ.onnx' is cut off: at byte 22 a field claims 66226 bytes but the file ends after 4974. Export it or download it again.",
      ],
    });
    expect(await problems("--check")).toMatchObject({ exit: 1 });
    writeFileSync(join(folder, "models", "c2.onnx"), "hello, I am text\n");
    expect(await problems("--only-good")).toEqual({
      exit: 0,
      models: ["a", "c1"],
      problems: [
        "SL3010 '<folder>/models/c2.onnx' is not an ONNX model: at byte 2 its fields are not those of a model. Give the path of an .onnx file.",
        expect.stringMatching(/^SL3011 /),
      ],
    });
    const text = await shapeline(folder, ["generate", "models/*.onnx"]);
    expect([text.code, text.err.match(/error SL301[01]: /g)]).toEqual([1, ["error SL3010: ", "error SL3011: "]]);
  });

  it("a data folder that has no log, for a command that lists what is in it: nothing is created there", async () => {
    const folder = project("fraud");
    for (const data of ["none", "models"])
      expect(errorOf(await shapeline(folder, ["pipelines", "--data", data, "--json"]))).toBe(
        `SL7002 there is no log in '<folder>/${data}'; deploy a pipeline there first, or name the folder it was deployed to`,
      );
    expect(readdirSync(folder)).not.toContain("none");
    expect(readdirSync(join(folder, "models"))).not.toContain("shapeline.duckdb");
    expect(await shapeline(folder, ["pipelines"])).toMatchObject({ code: 0 });
  });

  it("only unusable model files: nothing is written", async () => {
    const folder = project("fraud");
    for (const file of readdirSync(join(folder, "models"))) truncateSync(join(folder, "models", file), 100);
    expect(errorOf(await shapeline(folder, ["generate", "models/*.onnx", "--only-good", "--json"]))).toMatch(
      /^SL3011 none of the \d model files can be used:\n  SL3011 model file '<folder>\/models\/a.onnx' is cut off: .*\n  SL3011 /,
    );
    expect(readdirSync(folder)).not.toContain("models.gen.ts");
  });

  it("a model file that differs from the one in the config", async () => {
    const folder = await deployedProject("fraud");
    copyFileSync(join(folder, "models", "c1.onnx"), join(folder, "models", "champ.onnx"));
    expect(
      errorOf(await shapeline(folder, ["deploy", "fraud.pipeline.json", "--data", "other", "--json"])),
    ).toMatchInlineSnapshot(
      `"SL3022 model 'champ': the config was built for the digest a2918d6d6bcf… but 'champ.onnx' is 9410caae0bf5… (champ.embedding: input removed, it was float32[batch, 16]; champ.float_input: input added, float32[batch, 16]; champ.risk: output removed, it was float32[batch, 1]; champ.variable: output added, float32[batch, 1]); put the right file there, or run 'shapeline generate' and build the pipeline again"`,
    );
    expect(readdirSync(folder)).not.toContain("other");
  });

  it("a config edited by hand", async () => {
    const folder = await deployedProject("fraud");
    const file = join(folder, "fraud.pipeline.json");
    const config = JSON.parse(readFileSync(file, "utf8")) as { name: string };
    writeFileSync(file, JSON.stringify({ ...config, name: "other" }));
    expect(errorOf(await shapeline(folder, ["deploy", "fraud.pipeline.json", "--json"]))).toMatch(
      /^SL4003 fraud\.pipeline\.json: its hash is /,
    );
    expect(JSON.parse((await shapeline(folder, ["pipelines", "--json"])).out)).toMatchObject([
      { name: "fraud", version: "1" },
    ]);
  });

  it("rows with a missing, extra, short or wrongly typed input, and no rows", async () => {
    const folder = await deployedProject("fraud");
    const pixels = new Array<number>(64).fill(1);
    const refused = async (rows: unknown) =>
      errorOf(await shapeline(folder, ["infer", "fraud", "-", "--json"], JSON.stringify(rows)));
    expect([
      await refused([{ pixels }, {}]),
      await refused([{ pixels, other: 1 }]),
      await refused([{ pixels }, { pixels: pixels.slice(1) }]),
      await refused([{ pixels: [...pixels.slice(1), "x"] }]),
      await refused([{ pixels: [...pixels.slice(1), null] }]),
      await refused([]),
      await refused(7),
    ]).toMatchInlineSnapshot(`
      [
        "SL5003 row 1: input 'pixels' of pipeline 'fraud' is missing",
        "SL5004 'standard input': pipeline 'fraud' has no input 'other'; its inputs are 'pixels'; remove the column, or leave out all unknown ones with ignoreUnknown: true (--ignore-unknown)",
        "SL5007 row 1, input 'pixels': expected a list of 64 numbers (float32), got 63",
        "SL5006 row 0, input 'pixels', element [63]: expected a number (float32), got the string "x"",
        "SL5005 row 0, input 'pixels', element [63]: expected a number (float32), got null",
        "SL5001 the batch is empty: give at least one row",
        "SL5000 pipeline 'fraud' takes rows [{ pixels }], columns { pixels } or an Arrow table, got the number 7",
      ]
    `);
    // Refused batches are not logged.
    expect(JSON.parse((await shapeline(folder, ["logs", "fraud", "--json"])).out)).toEqual([]);
    expect(errorOf(await shapeline(folder, ["infer", "fraud", "missing.json", "--json"]))).toMatch(/^SL5030 /);
    expect(errorOf(await shapeline(folder, ["infer", "fraud", "-", "--json"], "not rows"))).toMatch(
      /^SL5017 'standard input' has an unknown format: it starts with the text "not rows"; taken are Arrow /,
    );
  });

  it("an unknown pipeline: the message lists the deployed ones", async () => {
    const folder = await deployedProject("fraud");
    expect(errorOf(await shapeline(folder, ["infer", "frauds", "rows.df.json", "--json"]))).toMatchInlineSnapshot(
      `"SL6007 no pipeline 'frauds' is deployed in '<folder>/.shapeline'; deployed there: 'fraud' (did you mean 'fraud'?)"`,
    );
  });

  it("a pipeline before anything was deployed", async () => {
    const folder = project("fraud");
    for (const [command, ...rest] of [
      ["status"],
      ["versions"],
      ["logs"],
      ["report"],
      ["undeploy"],
      ["infer", "rows.df.json"],
    ])
      expect(errorOf(await shapeline(folder, [String(command), "fraud", ...rest, "--json"])), command).toBe(
        "SL6007 no pipeline 'fraud' is deployed in '<folder>/.shapeline'; nothing is deployed there yet",
      );
    expect(existsSync(join(folder, ".shapeline"))).toBe(false);
  });

  it("a name that is no pipeline", async () => {
    const folder = await compiledProject("fraud");
    const refused = async (name: string) => errorOf(await shapeline(folder, ["deploy", name, "--json"]));
    expect(await refused("models/a.onnx")).toBe(
      "SL4005 'models/a.onnx' is a model file, not a pipeline: give a pipeline file that uses the model, or its config",
    );
    expect(await refused("fraud@latest")).toBe(
      "SL4005 'fraud@latest' is neither a file nor a deployed version: those are a pipeline's name and a number, as in fraud@3",
    );
    expect(await refused("fraud.json")).toBe(
      "SL4005 the config 'fraud.json' cannot be read: there is no such file or folder; `shapeline compile` writes it",
    );
  });

  it("an output folder that cannot be written", async () => {
    const folder = await deployedProject("fraud");
    writeFileSync(join(folder, "blocked"), "a file in the place of a folder");
    for (const args of [
      ["compile", "--out", "blocked/configs"],
      ["infer", "fraud", "rows.df.json", "--out", "blocked/answer.json"],
      ["generate", "models/*.onnx", "--out", "blocked/models.gen.ts"],
    ]) {
      expect(errorOf(await shapeline(folder, [...args, "--json"])), args[0]).toMatch(
        /^SL7030 .*blocked.* cannot be written: a part of the path is a file, not a folder; choose another place with --out$/,
      );
    }
    if (process.getuid?.() !== 0) {
      mkdirSync(join(folder, "locked"));
      chmodSync(join(folder, "locked"), 0o500);
      expect(errorOf(await shapeline(folder, ["compile", "--out", "locked", "--json"]))).toContain("no permission");
    }
  });

  it("an unknown command, option value or missing argument", async () => {
    const folder = project("fraud");
    const unknown = await shapeline(folder, ["deplyo"]);
    expect(unknown).toMatchObject({ code: 1, out: "" });
    expect(unknown.err).toBe(
      "error SL8001: unknown command 'deplyo'\n(Did you mean deploy?)\n`shapeline --help` lists the commands\n",
    );
    for (const args of [
      ["deplyo", "--help"],
      ["help", "deplyo"],
    ])
      expect(await shapeline(folder, args)).toEqual(unknown);
    expect((await shapeline(folder, ["logs", "fraud", "--limit", "many"])).err).toContain(
      "error SL8001: option '--limit <n>' argument 'many' is invalid. 'many' is not a whole number.",
    );
    for (const command of ["logs", "export-logs", "report"])
      expect((await shapeline(folder, [command, "fraud", "--start", "yesterday"])).err).toContain(
        "error SL8001: option '--start <time>' argument 'yesterday' is invalid. 'yesterday' is not a time such as 2026-01-31 or 2026-01-31T12:00:00Z.\n",
      );
    expect(JSON.parse((await shapeline(folder, ["infer", "--json"])).out)).toMatchObject({ error: { code: "SL8001" } });
  });

  it("with --json, help and version are JSON, too", async () => {
    const folder = project("fraud");
    const json = async (...args: string[]) => JSON.parse((await shapeline(folder, [...args, "--json"])).out) as object;
    expect(await json("--version")).toEqual({ version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
    expect(await json("deploy", "--help")).toEqual({ help: expect.stringContaining("Usage: shapeline deploy") });
  });
});
