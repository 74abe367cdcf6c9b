import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tableFromIPC } from "apache-arrow";
import { expect, it } from "vitest";
import { parseConfig } from "shapeline/config";
import { compiledProject, deployedProject, project, shapeline, shapelineProcess } from "./shapeline.js";

const json = (text: string): never => JSON.parse(text) as never;
const generated = ["generate", "models/*.onnx"];
const compiled = ["compile", "--json"];

it("runs every step in a process of its own: generate, compile, deploy, infer, logs, undeploy", async () => {
  const folder = project("fraud");

  const generate = await shapelineProcess(folder, generated);
  expect(generate).toMatchObject({ code: 0, err: "" });
  expect(generate.out).toContain("wrote models.gen.ts: 4 models");
  expect(await shapeline(folder, [...generated, "--check"])).toMatchObject({
    code: 0,
    out: expect.stringContaining("models.gen.ts is up to date"),
  });

  const compile = await shapelineProcess(folder, compiled);
  expect(json(compile.out)).toMatchObject({
    configs: [{ pipeline: "fraud", file: "fraud.pipeline.ts", out: "fraud.pipeline.json", changed: true }],
    problems: [],
  });
  const text = readFileSync(join(folder, "fraud.pipeline.json"), "utf8");
  expect(parseConfig(text).steps.map((s) => s.kind)).toEqual(["model", "shadow", "validation"]);
  expect(await shapeline(folder, ["compile", "--check"])).toMatchObject({
    code: 0,
    out: "fraud.pipeline.json is up to date\n",
  });

  const deploy = await shapelineProcess(folder, ["deploy", "fraud.pipeline.json", "--json"]);
  expect(json(deploy.out)).toMatchObject({ pipeline: "fraud", version: "1", state: "running" });
  expect(existsSync(join(folder, ".shapeline"))).toBe(true);

  const infer = await shapelineProcess(folder, ["infer", "fraud", "rows.df.json", "--json"]);
  const rows: { out: { risk: number[] }; anomaly: { count: number; amt: boolean } }[] = json(infer.out);
  expect(rows).toHaveLength(1000);
  expect(rows[0]?.out.risk[0]).toBeCloseTo(0.158211, 5);
  // The example's training script reports the same number.
  expect(rows.filter((r) => r.anomaly.amt)).toHaveLength(80);

  const logs = await shapelineProcess(folder, ["logs", "fraud", "--invalid", "--limit", "200", "--json"]);
  const logged: { out: { risk: number[] }; out_c1: { variable: number[] } }[] = json(logs.out);
  expect(logged).toHaveLength(80);
  expect(logged.every((r) => (r.out.risk[0] ?? 0) >= 1 && Number.isFinite(r.out_c1.variable[0]))).toBe(true);

  const list = await shapeline(folder, ["pipelines", "--json"]);
  expect(json(list.out)).toMatchObject([
    { name: "fraud", state: "running", version: "1", models: ["a", "champ", "c1", "c2"] },
  ]);

  expect(await shapelineProcess(folder, ["undeploy", "fraud"])).toMatchObject({ code: 0 });
  const after = await shapeline(folder, ["infer", "fraud", "rows.df.json"]);
  expect(after.code).toBe(1);
  expect(after.err).toMatch(/^error SL6\d{3}: /);
  // Undeploying keeps the log.
  expect((json((await shapeline(folder, ["logs", "fraud", "--limit", "5", "--json"])).out) as unknown[]).length).toBe(
    5,
  );
});

it("reads rows from standard input and writes the answer as Arrow, JSON or text", async () => {
  const folder = await deployedProject("breast-cancer");
  const rows = (JSON.parse(readFileSync(join(folder, "rows.df.json"), "utf8")) as object[]).slice(0, 50);

  const out = await shapeline(
    folder,
    ["infer", "breast-cancer", "-", "--out", "answer.arrow", "--dataset", "in,out"],
    JSON.stringify(rows),
  );
  expect(out).toMatchObject({ code: 0, out: "wrote answer.arrow: 50 rows\n" });
  const answer = tableFromIPC(readFileSync(join(folder, "answer.arrow")));
  expect(answer.schema.fields.map((f) => f.name)).toEqual(["in.features", "out.probabilities"]);

  const records = await shapeline(
    folder,
    ["infer", "breast-cancer", "-", "--json", "--dataset", "out,anomaly.count"],
    JSON.stringify(rows),
  );
  const first = answer.getChild("out.probabilities")?.get(0) as { toArray(): Float32Array };
  expect((json(records.out) as unknown[])[0]).toEqual({
    out: { probabilities: [...first.toArray()] },
    anomaly: { count: 0 },
  });

  const text = await shapeline(folder, ["infer", "breast-cancer", "-"], JSON.stringify(rows));
  expect(text.out).toContain("50 rows, 1 fails a validation (showing the first 20; --json prints all)");
});

it("explains how each back-end compiles a lambda, from a pipeline file and from a config", async () => {
  const folder = project("breast-cancer");
  await shapeline(folder, generated);
  const file = join(folder, "breast-cancer.pipeline.ts");
  const alert =
    '.alert("unsure", (all) => all.share((x) => x.out.probabilities.every((p) => p < DECIDED)) > 0.1, { over: "5m", for: "1m" });\n';
  writeFileSync(file, readFileSync(file, "utf8").replace(/;\n$/, alert));
  await shapeline(folder, compiled);
  const [source, config] = await Promise.all([
    shapeline(folder, ["explain", "breast-cancer.pipeline.ts", "--json"]),
    shapeline(folder, ["explain", "breast-cancer.pipeline.json", "--json"]),
  ]);
  const validations = (run: { out: string }) =>
    (json(run.out) as { validations: { name: string; strings: object }[] }[])[0]?.validations;
  expect(validations(source)?.map((v) => v.name)).toEqual([
    "features_not_negative",
    "probabilities_in_range",
    "probabilities_sum_to_one",
    "decided",
  ]);
  expect(validations(source)).toEqual(validations(config));
  const explain = (...args: string[]) => shapeline(folder, ["explain", "breast-cancer.pipeline.json", ...args]);
  const brief = (await explain()).out;
  // One screen, however many languages there are.
  expect(brief.trimEnd().split("\n").length).toBeLessThanOrEqual(40);
  expect(brief).toContain(`
  decided  (x) => Math.max(x.out.probabilities[0], x.out.probabilities[1]) > DECIDED
    means        Math.max(x.out.probabilities[0], x.out.probabilities[1]) > 0.7
    exact        javascript
    guarded      polars-0.18, polars-1, polars-1.44, cel, sql (max, reads, constants, >)
    refused      checks: the platform's checks have no 'max' (SL1201)
`);
  const sql = (await explain("--target", "sql")).out;
  expect(sql).toContain('    sql          abs((("out.probabilities"[1]::DOUBLE');
  expect(sql).not.toContain("polars");
  expect((await explain("--target", "promql")).out).toContain("    promql       not a language of validations\n");
  expect((await explain("--target", "spark")).err).toMatch(/Allowed choices are polars-0\.18, .*javascript/);
  const text = await explain("--all");
  expect(text.out).toContain("    polars-0.18  {");
  // An imported constant is replaced by its value.
  expect(text.out).toContain("0.7");
  const alerts = (json(config.out) as { alerts: object[] }[])[0]?.alerts;
  expect(alerts).toMatchObject([
    {
      name: "unsure",
      overSeconds: 300,
      forSeconds: 60,
      readable: "all.share((x) => x.out.probabilities.every((v) => v < 0.7)) > 0.1",
      strings: { sql: expect.stringContaining("FILTER") },
    },
  ]);
  expect(text.out).toContain("unsure (alert over 300 s, for 60 s)  (all) =>");
});

it("exports the log, and prints versions and status", async () => {
  const folder = await deployedProject("fraud");
  const rows = (JSON.parse(readFileSync(join(folder, "rows.df.json"), "utf8")) as object[]).slice(0, 30);
  await shapeline(folder, ["infer", "fraud", "-"], JSON.stringify(rows));

  const all = await shapeline(folder, ["export-logs", "fraud", "--json"]);
  expect(json(all.out)).toEqual({
    files: ["logs/fraud-1.json"],
    rows: 30,
    bytes: readFileSync(join(folder, "logs/fraud-1.json")).byteLength,
    cut: null,
    withheld: { excluded: [], redacted: [], digested: [] },
  });
  const cut = await shapeline(folder, [
    "export-logs",
    "fraud",
    "--directory",
    "out",
    "--file-prefix",
    "new",
    "--size-limit",
    "1kB",
    "--dataset",
    "out,metadata.last_model",
  ]);
  expect(cut.out).toMatch(
    /^wrote out\/new-1\.json\n\d+ rows, \d+ bytes; cut: there are more rows than fit --size-limit\n$/,
  );
  const [line] = readFileSync(join(folder, "out/new-1.json"), "utf8").split("\n");
  expect(JSON.parse(line ?? "")).toEqual({ "out.risk": [expect.any(Number)], "metadata.last_model": "champ" });
  expect(
    json((await shapeline(folder, ["export-logs", "fraud", "--arrow", "--limit", "5", "--json"])).out),
  ).toMatchObject({ files: ["logs/fraud-1.arrow"], rows: 5, cut: "limit" });
  expect(tableFromIPC(readFileSync(join(folder, "logs/fraud-1.arrow"))).numRows).toBe(5);
  const outside = await shapeline(folder, ["export-logs", "fraud", "--file-prefix", "../up", "--json"]);
  expect(outside.code).toBe(1);
  expect(json(outside.out)).toMatchObject({ error: { code: "SL7031" } });

  const { hash } = parseConfig(readFileSync(join(folder, "fraud.pipeline.json"), "utf8"));
  expect(json((await shapeline(folder, ["versions", "fraud", "--json"])).out)).toEqual([
    { version: "1", hash, created: expect.any(String) },
  ]);
  expect((await shapeline(folder, ["versions", "fraud"])).out).toContain(hash.slice(0, 12));
  expect(json((await shapeline(folder, ["status", "fraud", "--json"])).out)).toMatchObject({
    pipeline: "fraud",
    target: "local",
    version: "1",
    hash,
    state: "running",
  });
  expect((await shapeline(folder, ["status", "fraud"])).out).toMatch(
    /^fraud version 1 is running, deployed .*, hash .*\nno process has its data folder open; it runs where a program connects to it\n/,
  );
  await shapeline(folder, ["undeploy", "fraud"]);
  expect(json((await shapeline(folder, ["status", "fraud", "--json"])).out)).toMatchObject({ state: "stopped" });
  expect(await shapeline(folder, ["status", "frauds"])).toMatchObject({
    code: 1,
    err: expect.stringContaining("SL6007"),
  });
});

it("passes metadata to a split and prints flat column names", async () => {
  const folder = project("breast-cancer");
  await shapeline(folder, generated);
  const source = `import { pipeline } from "shapeline";
import { gradientBoosting, randomForest } from "./models.gen.js";
export const ab = pipeline("ab").keySplit("segment", { default: gradientBoosting, routes: { gold: randomForest, "7": randomForest } });
`;
  writeFileSync(join(folder, "ab.pipeline.ts"), source);
  expect(await shapeline(folder, ["compile", "ab.pipeline.ts"])).toMatchObject({ code: 0 });
  await shapeline(folder, ["deploy", "ab.pipeline.json"]);
  const rows = (JSON.parse(readFileSync(join(folder, "rows.df.json"), "utf8")) as object[]).slice(0, 1);
  const answered = async (...args: string[]) =>
    json(
      (
        await shapeline(
          folder,
          [
            "infer",
            "ab",
            "-",
            "--json",
            "--dataset",
            "metadata",
            "--dataset-exclude",
            "metadata.elapsed,metadata.notes",
            "--dataset-separator",
            ".",
            ...args,
          ],
          JSON.stringify(rows),
        )
      ).out,
    ) as object;
  const metadata = (last: string, request: object | null) => [
    { "metadata.last_model": last, "metadata.pipeline_version": "1", "metadata.request": request },
  ];
  expect(await answered()).toEqual(metadata("gradient-boosting", null));
  expect(await answered("--metadata", "segment=gold")).toEqual(metadata("random-forest", { segment: "gold" }));
  expect(await answered("--metadata", "segment=7")).toEqual(metadata("random-forest", { segment: 7 }));
  expect(await answered("--metadata", "segmnet=gold")).toMatchObject({ error: { code: "SL5041" } });
  expect(await shapeline(folder, ["infer", "ab", "-", "--metadata", "gold"], "[]")).toMatchObject({
    code: 1,
    err: expect.stringContaining("'gold' is not key=value."),
  });
});

it("exits with 2 and prints the changes if a generated file or a config is out of date", async () => {
  const folder = await compiledProject("fraud");
  const source = join(folder, "fraud.pipeline.ts");
  writeFileSync(source, readFileSync(source, "utf8").replace("x.out < 1", "x.out < 2"));
  expect(await shapeline(folder, ["compile", "--check"])).toMatchObject({
    code: 2,
    out: "fraud.pipeline.json is out of date: run `shapeline compile`\n",
  });
  rmSync(join(folder, "fraud.pipeline.json"));
  expect(await shapeline(folder, ["compile", "--check"])).toMatchObject({
    code: 2,
    out: "fraud.pipeline.json is missing: run `shapeline compile`\n",
  });
  const typings = join(folder, "models.gen.ts");
  writeFileSync(typings, readFileSync(typings, "utf8").replaceAll('"batch", 64]', '"batch", 65]'));
  const check = await shapeline(folder, [...generated, "--check"]);
  expect(check.code).toBe(2);
  expect(check.out).toContain("a.pixels: 65 -> 64 features");
});

it("prints help with an example and the global options for every command", async () => {
  const folder = project("fraud");
  const commands = [
    "generate",
    "models",
    "compile",
    "explain",
    "deploy",
    "infer",
    "logs",
    "export-logs",
    "report",
    "pipelines",
    "versions",
    "status",
    "undeploy",
  ];
  const helps = await Promise.all(commands.map((command) => shapeline(folder, [command, "--help"])));
  for (const help of helps) {
    expect(help).toMatchObject({ code: 0, err: "" });
    expect(help.out).toMatch(/Example:\n {2}\$ shapeline [\w-]+/);
    expect(help.out).toContain("--json");
  }
});

it("reports all problems of a file at once, as clickable text and as JSON, and writes nothing", async () => {
  const folder = project("fraud");
  await shapeline(folder, generated);
  const source = join(folder, "fraud.pipeline.ts");
  writeFileSync(
    source,
    readFileSync(source, "utf8").replace(
      '.validate("amt", (x) => x.out < 1)',
      '.validate("amt", x => x.out == 1)\n  .validate("b", x => Math.random() < x.out)',
    ),
  );
  const text = await shapeline(folder, ["compile"]);
  expect(text.code).toBe(1);
  expect(text.out.match(/^fraud\.pipeline\.ts:\d+:\d+ - error SL1\d{3}: /gm)).toHaveLength(2);
  expect(text.err).toBe("2 problems in 1 file; nothing was written\n");
  expect(existsSync(join(folder, "fraud.pipeline.json"))).toBe(false);
  const problems = (json((await shapeline(folder, compiled)).out) as { problems: { code: string; file: string }[] })
    .problems;
  expect(problems).toHaveLength(2);
  expect(problems.every((p) => p.file === "fraud.pipeline.ts" && /^SL1\d{3}$/.test(p.code))).toBe(true);
  mkdirSync(join(folder, "empty"));
  expect((await shapeline(join(folder, "empty"), ["compile", "--project", "tsconfig.json"])).code).toBe(1);
});
