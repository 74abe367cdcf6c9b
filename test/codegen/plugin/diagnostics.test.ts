// What a user sees of lambdas that cannot be compiled: all problems of a file, through the bundler's own channel.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { app, appOptions, bundlers, run } from "./bundlers.js";

const entry = join(app, "src/broken.ts");
const codesIn = (text: string) =>
  [...text.matchAll(/broken\.ts:(\d+:\d+) - (?:error|warning) (SL\d+)/g)].map((m) => `${m[1]} ${m[2]}`);
const problems = ["5:35 SL1013", "9:29 SL1016", "11:29 SL1018", "11:60 SL1013"];

describe.each(Object.entries(bundlers))("%s", (name, bundle) => {
  test("a file's problems fail the build together, each with its place and frame", async () => {
    const text = await bundle(entry).then(
      () => "no error",
      (error: Error) => error.message,
    );
    expect(codesIn(text)).toEqual(problems);
    expect(text).toContain(
      `  9 |   .validate("shift", (x) => x.out.score[0] << 2 < 1)\n    |                             ^^^^^^^^^^^^^^^^^^^`,
    );
    if (name === "esbuild") expect(text).toMatchSnapshot();
  });

  test("with failOnError: false they are warnings, and build() refuses the pipeline when it runs", async () => {
    const { code, warnings } = await bundle(entry, { plugin: { ...appOptions, failOnError: false } });
    expect(warnings.flatMap(codesIn).sort()).toEqual(["13:32 SL1054", ...problems].sort());
    const found = await (run(code) as { problems: () => Promise<readonly string[]> }).problems();
    expect(found.map((line) => line.slice(0, 6))).toEqual(["SL1016", "SL1018", "SL1013", "SL1013", "SL1012"]);
  });
});
