import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { project, shapeline, shapelineProcess } from "./shapeline.js";

/** Creates a project whose pipeline file starts with `code`. */
async function projectStartingWith(code: string): Promise<string> {
  const folder = project("fraud");
  await shapeline(folder, ["generate", "models/*.onnx"]);
  const path = join(folder, "fraud.pipeline.ts");
  writeFileSync(path, `${code}\n${readFileSync(path, "utf8")}`);
  return folder;
}

describe("a pipeline file with side effects", () => {
  it("that ends the process makes the command fail, whatever the exit code", async () => {
    const folder = await projectStartingWith("process.exit(0);");
    const { code, out, err } = await shapelineProcess(folder, ["compile"]);
    expect([code, err]).toEqual([1, "1 problem in 1 file; nothing was written\n"]);
    expect(out).toMatchInlineSnapshot(`
      "error SL2909: 'fraud.pipeline.ts' ends the process while it is loaded, with process.exit(0): move code that runs a program out of the files that export pipelines

      "
    `);
    expect(existsSync(join(folder, "fraud.pipeline.json"))).toBe(false);
    const json = JSON.parse((await shapelineProcess(folder, ["compile", "--json"])).out) as unknown;
    expect(json).toMatchObject({ configs: [], problems: [{ code: "SL2909", file: "fraud.pipeline.ts" }] });
  });

  it("that never finishes loading, throws later, or takes too long is refused", async () => {
    const folder = await projectStartingWith("await new Promise(() => undefined);");
    const others = {
      later:
        "setTimeout(() => { throw new RangeError('too late'); }, 10);\nawait new Promise(() => setInterval(() => undefined, 1000));\nexport const a = 1;\n",
      long: "await new Promise((resolve) => setTimeout(resolve, 60_000));\nexport const a = 1;\n",
    };
    for (const [name, text] of Object.entries(others)) writeFileSync(join(folder, `${name}.pipeline.ts`), text);
    const [waits, throws, long] = await Promise.all(
      [["fraud.pipeline.ts"], ["later.pipeline.ts"], ["long.pipeline.ts", "--timeout", "1"]].map((args) =>
        shapelineProcess(folder, ["compile", ...args]),
      ),
    );
    expect([waits, throws, long].map((run) => `${run?.code} ${run?.out.trim()}`).join("\n")).toMatchInlineSnapshot(`
      "1 error SL2910: 'fraud.pipeline.ts' never finishes loading: it awaits a promise that never settles; check its top-level \`await\`s and those of its imports
      1 error SL2905: 'later.pipeline.ts' throws while it is loaded, at later.pipeline.ts:1:26: RangeError: too late
      1 error SL2910: 'long.pipeline.ts' never finishes loading: it has taken 1 seconds; check its top-level \`await\`s and those of its imports"
    `);
  });

  it("that prints: its output goes to standard error with a warning, not into the command's output", async () => {
    const folder = await projectStartingWith("console.log('here I am');");
    const { code, out, err } = await shapelineProcess(folder, ["compile", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ configs: [{ pipeline: "fraud", changed: true }], problems: [] });
    expect(err).toBe("here I am\n");
    expect((await shapelineProcess(folder, ["compile", "--no-cache"])).err).toMatchInlineSnapshot(`
      "here I am
      warning SL2911: a pipeline file wrote to standard output while loading; see above, on standard error
      "
    `);
  });

  it("that leaves a timer running does not keep the command alive", async () => {
    const folder = await projectStartingWith("setInterval(() => undefined, 1000);");
    expect(await shapelineProcess(folder, ["compile"])).toMatchObject({ code: 0, err: "" });
  });
});

it("compiles again only if a file has changed", async () => {
  const folder = await projectStartingWith("console.log('it runs');");
  expect((await shapelineProcess(folder, ["compile"])).out).toMatch(/^wrote fraud\.pipeline\.json/);
  expect(await shapelineProcess(folder, ["compile"])).toMatchObject({
    err: "",
    out: expect.stringMatching(/^kept fraud\.pipeline\.json/) as unknown,
  });
  expect(await shapelineProcess(folder, ["compile", "--check"])).toMatchObject({
    code: 0,
    err: "",
    out: "fraud.pipeline.json is up to date\n",
  });
  appendFileSync(join(folder, "models.gen.ts"), "\n");
  expect((await shapelineProcess(folder, ["compile"])).err).toMatch(/^it runs/);
});
