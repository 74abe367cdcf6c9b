import { describe, expect, expectTypeOf, it } from "vitest";
import { defineModel, pipeline } from "shapeline";
import { evaluate } from "shapeline/testing";

const inputs = {
  amount: { dtype: "float32", shape: ["batch", 2] },
  count: { dtype: "int64", shape: ["batch"] },
} as const;
const sha256 = "0".repeat(64);
const score = { dtype: "float32", shape: ["batch", 1] } as const;
const champ = defineModel({ name: "champ", version: "1", sha256, inputs, outputs: { risk: score } });
const c1 = defineModel({ name: "c1", version: "1", sha256, inputs, outputs: { score } });

const fraud = pipeline("fraud")
  .shadow(champ, [c1])
  .validate("amt", (x) => x.out.risk[0] < 1)
  .validate("large", (x) => x.in.count < 10n && x.in.amount.every((a) => a < 100))
  .validate("near", (x) => Math.abs(x.out.risk[0] - x.models.c1.score[0]) < 0.5)
  .alert("drift", (all) => all.avg((x) => x.out.risk[0]) > 0.5, { over: "5m" });

const row = { in: { amount: [1, 2], count: 3n }, out: { risk: [0.25] }, models: { c1: { score: [0.5] } } };

describe("evaluate", () => {
  it("runs the validations on one row", async () => {
    const found = await evaluate(fraud, row);
    expect(found).toEqual({ anomaly: { amt: false, large: false, near: false }, count: 0 });
    expectTypeOf(found.anomaly.amt).toEqualTypeOf<boolean>();
    expect(await evaluate(fraud, { ...row, out: { risk: [1.5] } })).toEqual({
      anomaly: { amt: true, large: false, near: true },
      count: 2,
    });
    expect(await evaluate(fraud, { ...row, in: { amount: [1, 200], count: 3n } })).toMatchObject({
      anomaly: { large: true },
      count: 1,
    });
  });

  it("takes values as the engine does: rounded to their dtype, and a challenger may not have answered", async () => {
    const below = await evaluate(
      pipeline("p")
        .model(champ)
        .validate("v", (x) => x.out.risk[0] < 0.1),
      {
        // 0.1 as float32 is more than 0.1.
        out: { risk: [0.1] },
      },
    );
    expect(below.anomaly).toEqual({ v: true });
    expect(await evaluate(fraud, { ...row, models: { c1: null } })).toMatchObject({
      anomaly: { amt: false, near: true },
    });
  });

  it("given rows, tells whether each alert holds over them", async () => {
    const low = { ...row, out: { risk: [0.25] } };
    const high = { ...row, out: { risk: [0.75] } };
    expect(await evaluate(fraud, [low, high])).toEqual({
      rows: [
        { anomaly: { amt: false, large: false, near: false }, count: 0 },
        { anomaly: { amt: false, large: false, near: false }, count: 0 },
      ],
      alerts: { drift: false },
    });
    expect((await evaluate(fraud, [high, low, high])).alerts).toEqual({ drift: true });
    expect(await evaluate(fraud, [])).toEqual({ rows: [], alerts: { drift: false } });
  });

  it("refuses rows that a lambda cannot read", async () => {
    await expect(evaluate(fraud, { out: { risk: [1] } })).rejects.toThrow(
      "the row: validation 'large' reads in.count, which the row lacks: add in: { count: <int64> }",
    );
    await expect(evaluate(fraud, [row, { ...row, models: {} }])).rejects.toThrow(
      "row 1: validation 'near'" +
        " reads out_c1.score, which the row lacks: add models: { c1: { score: <float32[1]> } }",
    );
    // @ts-expect-error a list of texts is no list of numbers
    await expect(evaluate(fraud, { ...row, out: { risk: ["1"] } })).rejects.toMatchObject({ code: "SL5006" });
    await expect(evaluate(fraud, { ...row, out: { risk: [1, 2] } } as never)).rejects.toMatchObject({ code: "SL5007" });
    await expect(evaluate(fraud, { ...row, output: {} } as never)).rejects.toThrow(
      "the row has 'output', but a row consists of",
    );
    await expect(evaluate(fraud, null as never)).rejects.toMatchObject({ code: "SL5002" });
  });
});
