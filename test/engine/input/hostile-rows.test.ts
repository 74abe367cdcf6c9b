import { afterAll, expect, test } from "vitest";
import { ShapelineError } from "../../../dsl/errors.js";
import { openEngine } from "../../../src/engine/engine.js";
import { findModelFiles } from "../../../src/engine/session/model-files.js";
import { config, folder, run, writeModel } from "../make-config.js";
import { hostileRows } from "./hostile-rows.js";

const dir = folder();
const text = (name: string) => ({ name, dtype: "string" as const, shape: ["batch", null] });
const wide = (name: string) => ({ name, dtype: "int64" as const, shape: ["batch", 2] });
const list = (name: string) => ({ name, dtype: "float32" as const, shape: ["batch", 3] });
const model = writeModel(dir, "same", {
  inputs: [list("a"), wide("b"), text("c")],
  outputs: [list("x"), wide("y"), text("z")],
  nodes: [
    ["a", "x"],
    ["b", "y"],
    ["c", "z"],
  ].map(([from = "", to = ""]) => ({ op: "Identity", inputs: [from], outputs: [to] })),
});
const built = config("p", [model], [run("same")]);
const engine = await openEngine(built, await findModelFiles(dir, built.models), { challengers: "log", seed: null });
afterAll(() => engine.close());

/** CI tries five times as many. */
const count = process.env.CI === undefined ? 20_000 : 100_000;

test("hostile rows are answered or refused with a code, and leave no trace", async () => {
  const good = { a: [1, 2, 3], b: [1, 2n], c: ["text"] };
  const outcomes = new Map<string, number>();
  const before = Object.getOwnPropertyNames(Object.prototype).join();
  for (const input of hostileRows(count, 7, good)) {
    const outcome = await engine.infer(input).then(
      () => "answered",
      (error: unknown) => (error instanceof ShapelineError ? error.code : String(error)),
    );
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  expect([...outcomes.keys()].filter((outcome) => !/^(answered|SL5\d{3})$/.test(outcome))).toEqual([]);
  expect(outcomes.size).toBeGreaterThan(8);
  expect(outcomes.get("answered")).toBeGreaterThan(count / 100);
  expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(before);
  const { batch } = await engine.infer([good]);
  expect(batch.outputs.get("z")?.data).toEqual(["text"]);
});
