import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { local } from "../../../src/targets/local/index.js";
import { config, folder, run, shadow, validation, writeModel } from "../../engine/make-config.js";
import { float32 } from "../../engine/recorded-models.js";
import { refusal } from "../../refusal.js";

const dir = folder();
const identity = { nodes: [{ op: "Identity", inputs: ["x"], outputs: ["y"] }] };
const champion = writeModel(dir, "champion", {
  inputs: [float32("x", "batch", "width")],
  outputs: [float32("y", "batch", "width")],
  ...identity,
});
const rival = writeModel(dir, "rival", {
  inputs: [float32("x", "batch", "width")],
  outputs: [float32("z", "batch", "width")],
  nodes: [{ op: "Neg", inputs: ["x"], outputs: ["z"] }],
});
const names = writeModel(dir, "names", {
  inputs: [float32("x", "batch", "width"), float32("x.shape", "batch", 1)],
  outputs: [float32("y", "batch", "width")],
  ...identity,
});
const scope = { inputs: champion.inputs, outputs: champion.outputs };
const shadowed = config(
  "shadowed",
  [champion, rival],
  [shadow("champion", "rival"), validation("small", "(x) => x.out.y[0] < 1", scope)],
);
const other = writeModel(dir, "other", {
  inputs: champion.inputs,
  outputs: champion.outputs,
  nodes: [{ op: "Neg", inputs: ["x"], outputs: ["y"] }],
});
const split = config(
  "split",
  [champion, other],
  [{ kind: "keySplit", key: "customer", default: "champion", routes: { vip: "other" } }],
);

/** Values of `log` that `local()` refuses, and the way out that the message names. */
const wrongValues: readonly (readonly [value: unknown, wayOut: string])[] = [
  ...[null, 5, true, "in.x", "all", [], ["in.x"], () => undefined, Symbol("x"), 5n, NaN].map(
    (value) =>
      [value, 'give an object such as { exclude: ["in.image"], redact: ["in.email"], maxElements: 1000 }'] as const,
  ),
  [{ excludes: ["in.x"] }, "did you mean 'exclude'?"],
  [{ Exclude: ["in.x"] }, "did you mean 'exclude'?"],
  [{ redacted: ["in.x"] }, "did you mean 'redact'?"],
  [{ maxElement: 10 }, "did you mean 'maxElements'?"],
  [{ max_elements: 10 }, "did you mean 'maxElements'?"],
  [{ include: ["in.x"] }, "leave it out, or give one of its options: 'exclude', 'redact' and 'maxElements'"],
  [{ columns: ["in.x"] }, "leave it out, or give one of its options: 'exclude', 'redact' and 'maxElements'"],
  [{ toString: 1 }, "leave it out, or give one of its options: 'exclude', 'redact' and 'maxElements'"],
  [
    JSON.parse('{"__proto__": ["in.x"]}'),
    "leave it out, or give one of its options: 'exclude', 'redact' and 'maxElements'",
  ],
  ...["exclude", "redact"].flatMap((option) =>
    [
      ...["in.x", "", 5, true, null, {}, new Set(["in.x"]), new Map(), Symbol("x"), 5n].map(
        (value) => [value, 'give a list of column names, such as ["in.email"]'] as const,
      ),
      ...[[""], [5], [null], [undefined], [["in.x"]], ["in.x", ""], [{}], [true]].map(
        (value) => [value, 'give the name of a column or group, such as "in.email" or "in"'] as const,
      ),
    ].map(([value, wayOut]) => [{ [option]: value }, wayOut] as const),
  ),
  [{ exclude: ["in.x"], redact: ["in.x"] }, "name it once"],
  [{ exclude: ["in"], redact: ["out", "in"] }, "name it once"],
  ...[0, -1, 1.5, NaN, Infinity, "1000", "", true, {}, [], 5n, 2 ** 53, new Date(NaN)].map(
    (value) =>
      [
        { maxElements: value },
        "1 or more, or null for no limit; to store nothing of a column, use 'log.exclude'",
      ] as const,
  ),
];

test("over 60 wrong values are in the table", () => expect(wrongValues.length).toBeGreaterThan(60));

describe("local() refuses, with the way out", () => {
  test.each(wrongValues.map(([value, wayOut], i) => [i, value, wayOut] as const))("%i: %o", async (_, log, wayOut) => {
    const message = await refusal(() => local({ models: dir, log: log as never }));
    expect(message).toMatch(/^SL6011 local\(\)/);
    expect(message).toContain(wayOut);
  });
});

/** Names that no column has, and the way out. */
const wrongNames: readonly (readonly [name: string, wayOut: string])[] = [
  ["in.y", "did you mean 'in.x'?"],
  ["in.X", "did you mean 'in.x'?"],
  ["in.xx", "did you mean 'in.x'?"],
  ["x", "did you mean 'in.x'?"],
  ["z", "did you mean 'out_rival.z'?"],
  ["out.z", "did you mean 'out.y'?"],
  ["out_rival.y", "did you mean 'out_rival.z'?"],
  ["out_rivals", "did you mean 'out_rival'?"],
  ["inn", "did you mean 'in'?"],
  [" in.x", "did you mean 'in.x'?"],
  ["in.*", "did you mean 'in.x'?"],
  ["in.x.shape", "its columns are 'in.x', 'out.y' and 'out_rival.z'"],
  ["*", "its columns are 'in.x', 'out.y' and 'out_rival.z'"],
  ["champion", "its columns are 'in.x', 'out.y' and 'out_rival.z'"],
  ["metadata", "its columns are 'in.x', 'out.y' and 'out_rival.z'"],
  ["metadata.last_model", "its columns are 'in.x', 'out.y' and 'out_rival.z'"],
  ["metadata.customer", "its columns are 'in.x', 'out.y' and 'out_rival.z'"],
  ["__proto__", "its columns are 'in.x', 'out.y' and 'out_rival.z'"],
  ["time", "is always logged"],
  ["anomaly", "is always logged"],
  ["anomaly.count", "is always logged"],
  ["anomaly.small", "is always logged"],
  ["check_failures", "is always logged"],
];

describe("deploy() refuses a name that is no column, before it creates the data folder", () => {
  test.each(wrongNames.flatMap((each) => (["exclude", "redact"] as const).map((option) => [option, ...each] as const)))(
    "%s: %j",
    async (option, name, wayOut) => {
      const data = join(folder(), "data");
      const target = local({ models: dir, data, log: { [option]: [name] } });
      const message = await refusal(target.deploy(shadowed));
      expect(message).toContain(`SL6011 local(): '${name}' in 'log.${option}' is `);
      expect(message).toContain(wayOut);
      expect(existsSync(data)).toBe(false);
    },
  );

  test("of the request's metadata", async () => {
    const target = local({ models: dir, data: folder(), log: { exclude: ["metadata.custommer"] } });
    expect(await refusal(target.deploy(split))).toContain("did you mean 'metadata.customer'?");
  });

  test("and a limit whose column for the shape is another port", async () => {
    const deploy = (log: object) =>
      local({ models: dir, data: folder(), log }).deploy(config("names", [names], [run("names")]));
    expect(await refusal(deploy({ maxElements: 5 }))).toMatch(
      /^SL6011 local\(\): with 'log.maxElements', 'in.x' of pipeline 'names' needs the column 'in.x.shape', which is another port; put one of them in 'log.exclude'/,
    );
  });
});
