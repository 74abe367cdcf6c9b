import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { project, shapeline } from "./shapeline.js";

/** A project whose pipeline file begins with some code of its own. */
async function starting(code: string): Promise<string> {
  const folder = project("fraud");
  await shapeline(folder, ["generate", "models/*.onnx"]);
  const path = join(folder, "fraud.pipeline.ts");
  writeFileSync(path, `${code}\n${readFileSync(path, "utf8")}`);
  return folder;
}

describe("a pipeline file that does something else than export pipelines", () => {
  it("ends the process: the command says so, and fails whatever code was given", async () => {
    const folder = await starting("process.exit(0);");
    const { code, out, err } = await shapeline(folder, ["compile"]);
    expect([code, err]).toEqual([1, "1 problem in 1 file; nothing was written\n"]);
    expect(out).toMatchInlineSnapshot(`
      "'fraud.pipeline.ts' ends the process while it is loaded, with process.exit(0): move code that runs a program out of the files that export pipelines

      "
    `);
    expect(existsSync(join(folder, "fraud.pipeline.json"))).toBe(false);
    const json = JSON.parse((await shapeline(folder, ["compile", "--json"])).out) as unknown;
    expect(json).toMatchObject({ configs: [], problems: [{ code: "SL2909", file: "fraud.pipeline.ts" }] });
  });

  it("waits for what never comes, throws later, or takes too long", async () => {
    const folder = await starting("await new Promise(() => undefined);");
    const waits = await shapeline(folder, ["compile"]);
    writeFileSync(
      join(folder, "later.pipeline.ts"),
      "setTimeout(() => { throw new RangeError('too late'); }, 10);\nawait new Promise(() => setInterval(() => undefined, 1000));\nexport const a = 1;\n",
    );
    const throws = await shapeline(folder, ["compile", "later.pipeline.ts"]);
    writeFileSync(
      join(folder, "long.pipeline.ts"),
      "await new Promise((resolve) => setTimeout(resolve, 60_000));\nexport const a = 1;\n",
    );
    const long = await shapeline(folder, ["compile", "long.pipeline.ts", "--timeout", "1"]);
    expect([waits, throws, long].map(({ code, out }) => `${code} ${out.trim()}`).join("\n")).toMatchInlineSnapshot(`
      "1 'fraud.pipeline.ts' never finishes loading: it awaits a promise that never settles; check its top-level \`await\`s and those of its imports
      1 'later.pipeline.ts' throws while it is loaded, at later.pipeline.ts:1:26: RangeError: too late
      1 'long.pipeline.ts' never finishes loading: it has taken 1 seconds; check its top-level \`await\`s and those of its imports"
    `);
  });

  it("prints: that goes to standard error, with a remark, and leaves the command's own output whole", async () => {
    const folder = await starting("console.log('here I am');");
    const { code, out, err } = await shapeline(folder, ["compile", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ configs: [{ pipeline: "fraud", changed: true }], problems: [] });
    expect(err).toBe("here I am\n");
    expect((await shapeline(folder, ["compile", "--no-cache"])).err).toMatchInlineSnapshot(`
      "here I am
      warning SL2911: a pipeline file wrote to standard output while loading; see above, on standard error
      "
    `);
  });

  it("leaves a timer running: the command ends all the same", async () => {
    const folder = await starting("setInterval(() => undefined, 1000);");
    expect(await shapeline(folder, ["compile"])).toMatchObject({ code: 0, err: "" });
  });
});

it("compiles nothing again while nothing has changed, and all of it when something has", async () => {
  const folder = await starting("console.log('it runs');");
  expect((await shapeline(folder, ["compile"])).out).toMatch(/^wrote fraud\.pipeline\.json/);
  expect(await shapeline(folder, ["compile"])).toMatchObject({
    err: "",
    out: expect.stringMatching(/^kept fraud\.pipeline\.json/) as unknown,
  });
  expect(await shapeline(folder, ["compile", "--check"])).toMatchObject({
    code: 0,
    err: "",
    out: "fraud.pipeline.json is up to date\n",
  });
  appendFileSync(join(folder, "models.gen.ts"), "\n");
  expect((await shapeline(folder, ["compile"])).err).toMatch(/^it runs/);
});
