// What a newcomer meets in the first hour: plural forms, a second run, a project of JavaScript alone. Needs a build.
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { project, shapeline } from "./shapeline.js";

it("`generate` without --out brings the file of an earlier run up to date, and asks which one of several", async () => {
  const folder = project("fraud");
  expect((await shapeline(folder, ["generate", "--out", "src/handles.gen.ts"])).out).toMatch(
    /\nwrote src\/handles\.gen\.ts: 4 models\n$/,
  );
  rmSync(join(folder, "models", "a.onnx"));
  expect((await shapeline(folder, ["generate"])).out).toMatch(/\nwrote src\/handles\.gen\.ts: 3 models\n$/);
  // A package below the folder has files of its own.
  mkdirSync(join(folder, "packages", "other"), { recursive: true });
  writeFileSync(join(folder, "packages", "other", "package.json"), "{}");
  await shapeline(folder, ["generate", "--out", "packages/other/models.gen.ts"]);
  expect((await shapeline(folder, ["generate"])).out).toMatch(/\nsrc\/handles\.gen\.ts is up to date\n$/);

  await shapeline(folder, ["generate", "--out", "lib/models.ts"]);
  expect(await shapeline(folder, ["generate"])).toEqual({
    code: 1,
    out: "",
    err: "error SL3057: earlier runs of `shapeline generate` wrote 'lib/models.ts' and 'src/handles.gen.ts'; name one with --out, or as `out` in the settings\n",
  });
  expect(existsSync(join(folder, "models.gen.ts"))).toBe(false);
});

it("`generate` without --out keeps one file per model where an earlier run wrote that", async () => {
  const folder = project("fraud");
  await shapeline(folder, ["generate", "--out", "src/handles.ts", "--split"]);
  rmSync(join(folder, "models", "a.onnx"));
  await shapeline(folder, ["generate"]);
  expect([existsSync(join(folder, "src/handles/champ.ts")), existsSync(join(folder, "src/handles/a.ts"))]).toEqual([
    true,
    false,
  ]);
});

it("`compile` without files compiles a project of JavaScript alone", async () => {
  const folder = project("fraud");
  rmSync(join(folder, "tsconfig.json"));
  renameSync(join(folder, "fraud.pipeline.ts"), join(folder, "fraud.ts"));
  expect(await shapeline(folder, ["compile"])).toMatchObject({
    code: 1,
    err: `error SL2901: '${folder}' holds neither a tsconfig.json nor a file named *.pipeline.ts or *.pipeline.js; pass the files on the command line, or the tsconfig with --project\n`,
  });
  await shapeline(folder, ["generate"]);
  mkdirSync(join(folder, "src"));
  writeFileSync(
    join(folder, "src", "one.pipeline.js"),
    'import { pipeline } from "shapeline";\nimport { a } from "../models.gen.js";\nexport const one = pipeline("one").model(a);\n',
  );
  expect((await shapeline(folder, ["compile"])).out).toMatch(
    /^wrote src\/one\.pipeline\.json: 1 step, 1 model, hash [0-9a-f]{12}\n$/,
  );
  for (const missing of ["tsconfig.app.json", "nowhere/tsconfig.json"])
    expect((await shapeline(folder, ["compile", "--project", missing])).err).toMatch(/^error SL2902: /);
});
