import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { compiledProject, shapeline } from "./shapeline.js";

/** A project with `fraud` in its folder, and the same pipeline with one challenger and another limit in `other`. */
async function twoPipelines(): Promise<string> {
  const folder = await compiledProject("fraud");
  const source = readFileSync(join(folder, "fraud.pipeline.ts"), "utf8");
  const other = source.replace("c1, c2", "c1").replace("[c1, c2]", "[c1]").replace("< 1", "< 0.9");
  writeFileSync(join(folder, "other.pipeline.ts"), other);
  return folder;
}

it("`plan` shows what a deploy would change, and exits with 2 until it is deployed", async () => {
  const folder = await twoPipelines();
  const first = await shapeline(folder, ["plan", "fraud.pipeline.json", "--to", "local"]);
  expect([first.code, first.out.split("\n")[0]]).toEqual([2, "fraud is not deployed; a deploy adds it:"]);
  expect(first.out).toContain("+ step 1: .shadow(champ, [c1, c2])");
  expect(first.out).toMatch(/^\+ model champ: version 1, file [0-9a-f]{12}…$/m);

  // A pipeline file is compiled first.
  expect(await shapeline(folder, ["deploy", "fraud.pipeline.ts"])).toMatchObject({ code: 0 });
  expect(await shapeline(folder, ["plan", "fraud.pipeline.json"])).toEqual({
    code: 0,
    out: "fraud version 1 runs these steps and models: no change\n",
    err: "",
  });

  const changed = await shapeline(folder, ["plan", "other.pipeline.ts", "--json"]);
  expect([changed.code, JSON.parse(changed.out)]).toMatchObject([
    2,
    {
      pipeline: "fraud",
      version: "1",
      running: true,
      same: false,
      models: [{ kind: "removed", name: "c2" }],
      steps: [
        { kind: "changed", from: 1, to: 1 },
        { kind: "changed", from: 2, to: 2 },
      ],
    },
  ]);

  expect(await shapeline(folder, ["undeploy", "fraud"])).toMatchObject({ code: 0 });
  expect(await shapeline(folder, ["plan", "fraud.pipeline.json"])).toMatchObject({
    code: 2,
    out: "fraud version 1 is stopped; a deploy starts it\n",
  });
});

it("an earlier version can be compared and deployed again", async () => {
  const folder = await twoPipelines();
  for (const file of ["fraud.pipeline.ts", "other.pipeline.ts"])
    expect(await shapeline(folder, ["deploy", file])).toMatchObject({ code: 0 });

  const versions = await shapeline(folder, ["diff", "fraud@1", "fraud@2"]);
  expect(versions.code).toBe(2);
  expect(versions.out.split("\n")).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^- model c2: /),
      "- step 1: .shadow(champ, [c1, c2])",
      "+ step 1: .shadow(champ, [c1])",
      '- step 2: .validate("amt", x => x.out.risk[0] < 1)',
      '+ step 2: .validate("amt", x => x.out.risk[0] < 0.9)',
    ]),
  );
  expect(await shapeline(folder, ["diff", "fraud@2", "other.pipeline.ts"])).toMatchObject({
    code: 0,
    out: "fraud@2 and other.pipeline.ts are the same pipeline\n",
  });

  const again = await shapeline(folder, ["deploy", "fraud@1", "--json"]);
  expect([again.code, JSON.parse(again.out)]).toMatchObject([0, { pipeline: "fraud", version: "1" }]);
  expect(await shapeline(folder, ["diff", "fraud", "fraud@1"])).toMatchObject({ code: 0 });
});

it("names what cannot be read", async () => {
  const folder = await twoPipelines();
  expect(await shapeline(folder, ["deploy", "fraud.pipeline.json"])).toMatchObject({ code: 0 });
  const missing = await shapeline(folder, ["plan", "fraud@7"]);
  expect([missing.code, missing.err]).toEqual([
    1,
    expect.stringContaining("SL6012: pipeline 'fraud' has no version '7'"),
  ]);
  const unknown = await shapeline(folder, ["deploy", "nope"]);
  expect([unknown.code, unknown.err]).toEqual([1, expect.stringContaining("deployed there: 'fraud'")]);
  const source = readFileSync(join(folder, "other.pipeline.ts"), "utf8");
  writeFileSync(join(folder, "both.pipeline.ts"), `${source}\nexport const second = pipeline("second").model(a);\n`);
  const both = await shapeline(folder, ["deploy", "both.pipeline.ts"]);
  expect([both.code, both.err]).toEqual([
    1,
    expect.stringContaining("has 2 pipelines: run `shapeline compile both.pipeline.ts` and name one config"),
  ]);
  writeFileSync(join(folder, "wrong.pipeline.ts"), source.replace("x.out < 0.9", "x.out < limit"));
  const wrong = await shapeline(folder, ["plan", "wrong.pipeline.ts", "--json"]);
  const { problems } = JSON.parse(wrong.out) as { problems: { code: string; file: string }[] };
  expect([wrong.code, problems[0]?.file, problems[0]?.code]).toEqual([
    1,
    "wrong.pipeline.ts",
    expect.stringMatching(/^SL1/),
  ]);
});
