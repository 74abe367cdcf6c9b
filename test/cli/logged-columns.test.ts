import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { compiledProject, shapeline } from "./shapeline.js";

const rows = JSON.stringify([{ pixels: new Array<number>(64).fill(1) }]);
const json = async (folder: string, ...args: string[]): Promise<unknown> => {
  const run = await shapeline(folder, [...args, "--json"], rows);
  expect({ args, ...run }).toMatchObject({ code: 0 });
  return JSON.parse(run.out);
};

it("deploy takes what is left out of the log from flags and settings; the other commands say it", async () => {
  const folder = await compiledProject("fraud");
  const settings = { targets: { local: { log: { exclude: ["in.pixels"], maxElements: 10 } } } };
  writeFileSync(join(folder, "shapeline.config.json"), JSON.stringify(settings));
  const flags = ["--log-redact", "out.risk", "--log-max-elements", "none"];
  const deploy = await shapeline(folder, ["deploy", "fraud.pipeline.json", ...flags]);
  expect(deploy).toMatchObject({ code: 0, err: "" });
  expect(deploy.out).toContain("not logged: in.pixels\nlogged as a marker: out.risk\n");
  expect(await json(folder, "status", "fraud")).toMatchObject({
    log: { durability: "commit", exclude: ["in.pixels"], redact: ["out.risk"], maxElements: null, problem: null },
  });
  expect(await json(folder, "infer", "fraud", "-")).toMatchObject([{ in: { pixels: expect.any(Array) as unknown } }]);
  const logs = await shapeline(folder, ["logs", "fraud"]);
  expect(logs.err).toBe("not in the log: in.pixels\nredacted in the log: out.risk\n");
  expect(logs.out).not.toContain("not in the log");
  expect(await json(folder, "logs", "fraud")).toMatchObject([{ in: {}, out: { risk: null } }]);
  expect((await shapeline(folder, ["logs", "fraud", "--out", "rows.arrow"])).err).toBe(logs.err);
  expect((await shapeline(folder, ["export-logs", "fraud"])).err).toBe(logs.err);
  expect(await json(folder, "export-logs", "fraud")).toMatchObject({
    withheld: { excluded: ["in.pixels"], redacted: ["out.risk"], digested: [] },
  });
});

it("refuses wrong flags and settings with the way out", async () => {
  const folder = await compiledProject("fraud");
  const error = async (...args: string[]) => {
    const run = await shapeline(folder, ["deploy", "fraud.pipeline.json", ...args, "--json"]);
    expect(run.code).toBe(1);
    return (JSON.parse(run.out) as { error: { message: string } }).error.message;
  };
  expect(await error("--log-exclude", "in.pixel")).toContain("did you mean 'in.pixels'?");
  expect(await error("--log-redact", "time")).toContain("is always logged");
  expect(await error("--log-max-elements", "0")).toContain("use --log-exclude");
  expect(await error("--log-max-elements", "few")).toContain("is not a whole number");
  const wrong: readonly (readonly [log: unknown, message: string])[] = [
    [{ excludes: [] }, "targets.local.log: unknown key 'excludes' (did you mean 'exclude'?)"],
    [{ exclude: "in.pixels" }, "targets.local.log.exclude: expected array"],
    [{ redact: [""] }, "targets.local.log.redact[0]: "],
    [{ maxElements: 0 }, "targets.local.log.maxElements: expected a number of elements of at least 1"],
    [["in"], "targets.local.log: expected object"],
  ];
  for (const [log, message] of wrong) {
    writeFileSync(join(folder, "shapeline.config.json"), JSON.stringify({ targets: { local: { log } } }));
    expect(await error()).toContain(message);
  }
});
