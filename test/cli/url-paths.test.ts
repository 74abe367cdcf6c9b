import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { deployedProject, shapeline } from "./shapeline.js";

const rows = JSON.stringify([{ pixels: new Array<number>(64).fill(1) }]);

describe("a URL where a path belongs: exit code 1, the option's name, the way out, and nothing new on disk", () => {
  it("in every option and argument that takes a path", async () => {
    const folder = await deployedProject("fraud");
    writeFileSync(join(folder, "rows.json"), rows);
    const before = readdirSync(folder);
    const url = "s3://bucket/out";
    const wrong: readonly (readonly [option: string, args: readonly string[]])[] = [
      ["--out", ["generate", "models/*.onnx", "--out", `${url}.ts`]],
      ["--out", ["compile", "--out", url]],
      ["--models", ["deploy", "fraud.pipeline.json", "--models", url]],
      ["--data", ["deploy", "fraud.pipeline.json", "--data", url]],
      ["the config", ["deploy", `${url}.pipeline.json`]],
      ["--out", ["infer", "fraud", "rows.json", "--out", `${url}.json`]],
      ["--data", ["infer", "fraud", "rows.json", "--data", url]],
      ["the rows file", ["infer", "fraud", `${url}.json`]],
      ["--out", ["logs", "fraud", "--out", `${url}.json`]],
      ["--out", ["logs", "fraud", "--arrow", "--out", "s3:/bucket/out.arrow"]],
      ["--data", ["logs", "fraud", "--data", url]],
      ["--directory", ["export-logs", "fraud", "--directory", url]],
      ["--directory", ["export-logs", "fraud", "--directory", "file:///tmp/logs"]],
      ["--data", ["export-logs", "fraud", "--data", url]],
      ["--html", ["report", "fraud", "--html", `${url}.html`]],
      ["--data", ["report", "fraud", "--data", url]],
      ["--data", ["pipelines", "--data", url]],
      ["--data", ["versions", "fraud", "--data", url]],
      ["--data", ["status", "fraud", "--data", url]],
      ["--data", ["undeploy", "fraud", "--data", url]],
    ];
    for (const [option, args] of wrong) {
      const run = await shapeline(folder, [...args, "--json"]);
      expect({ args, code: run.code }).toEqual({ args, code: 1 });
      const { error } = JSON.parse(run.out) as { error: { code: string; message: string } };
      expect(error.message).toMatch(
        new RegExp(`^${option} '(s3|file):/.*' is a URL; give (the path of a local|a path: '/tmp)`),
      );
    }
    expect(readdirSync(folder)).toEqual(before);
  }, 60_000);

  it("in the settings", async () => {
    const folder = await deployedProject("fraud");
    const settings = { out: "s3://b/m.ts", targets: { local: { data: "gs://b/data", models: "file:///models" } } };
    writeFileSync(join(folder, "shapeline.config.json"), JSON.stringify(settings));
    const before = readdirSync(folder);
    for (const args of [["generate"], ["status", "fraud"], ["deploy", "fraud.pipeline.json"]]) {
      const run = await shapeline(folder, [...args, "--json"]);
      expect(run.code).toBe(1);
      const { error } = JSON.parse(run.out) as { error: { code: string; message: string } };
      expect(error.code).toBe("SL4052");
      for (const setting of ["out", "targets.local.data", "targets.local.models"])
        expect(error.message).toMatch(new RegExp(`\\n  ${setting}: is a URL; give `));
    }
    expect(readdirSync(folder)).toEqual(before);
  });
});
