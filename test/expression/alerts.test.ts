import { describe, expect, it } from "vitest";
import { alertProgram } from "../../src/expression/evaluate/alert-program.js";
import { printReadable } from "../../src/expression/tree/print.js";
import { alertTree, expressionTree } from "../../src/expression/tree/schema.js";
import { alert, holdsInDuckDb, holdsInLoop, holdsOn, refusals } from "./alert-cases.js";
import { createRowsTable } from "./engines/duckdb.js";
import { edgeFloats } from "./fuzz/generate-lambdas.js";
import { column, tensorOf, type TestColumn } from "./rows.js";

const empty: TestColumn[] = [
  column("in.tensor", "float32", [29], []),
  column("out.dense_1", "float32", [1], []),
  column("in.label", "string", [], []),
  column("in.id", "int64", [], []),
  column("in.list", "float32", [null], []),
  column("out_c1.z", "float64", [], []),
];

describe("the condition of an alert", () => {
  it("compiles to a tree of aggregates over trees of one row", () => {
    const { tree } = alert("(all) => all.avg((x) => x.out) > 0.5", empty);
    expect(tree).toEqual({
      op: ">",
      left: {
        op: "aggregate",
        fn: "avg",
        quantile: null,
        body: {
          op: "read",
          from: "out",
          port: "dense_1",
          dtype: "float32",
          shape: [1],
          at: [0],
          type: "number",
          nullable: false,
        },
        type: "number",
      },
      right: { op: "constant", type: "number", value: 0.5 },
      type: "boolean",
    });
    expect(alertTree.safeParse(tree).success).toBe(true);
    expect(expressionTree.safeParse(tree).error?.issues[0]?.message).toBe(
      "an aggregate inside an expression of one row",
    );
  });

  it.each([
    [
      "(all) => all.count() > 100 && all.share((x) => x.out.dense_1[0] > 0.9) > 0.1",
      "all.count() > 100 && all.share((x) => x.out.dense_1[0] > 0.9) > 0.1",
    ],
    [
      "(rows) => { const high = rows.count(({ out }) => out.dense_1 > 0.9); return high / rows.count() > 0.1; }",
      "all.count((x) => x.out.dense_1[0] > 0.9) / all.count() > 0.1",
    ],
    [
      "(all) => Math.abs(all.quantile(0.5, (x) => x.in.tensor[3]) - 1) > 0.1",
      "Math.abs(all.quantile(0.5, (x) => x.in.tensor[3]) - 1) > 0.1",
    ],
    [
      "(all) => all.max((x) => x.out) - all.min((x) => x.out) < 1e-6",
      "all.max((x) => x.out.dense_1[0]) - all.min((x) => x.out.dense_1[0]) < 0.000001",
    ],
    ["(all) => all.sum((x) => x.in.tensor.reduce((a, b) => a + b, 0) > 1 ? 1 : 0) > all.count(() => true)", undefined],
    [
      "(all) => { const f = (x) => x.models.c1.z - x.out; return all.avg(f) > 0.1 || all.max(f) > 0.5; }",
      "all.avg((x) => x.models.c1.z - x.out.dense_1[0]) > 0.1 || all.max((x) => x.models.c1.z - x.out.dense_1[0]) > 0.5",
    ],
    [
      "(all) => all.count((x) => x.in.tensor.every((v, i) => v > i)) === 0",
      "all.count((x) => x.in.tensor.every((v, i) => v > i)) === 0",
    ],
    ["(all) => all.avg((x) => x.in.list[2] ?? 0) > 1", "all.avg((x) => x.in.list[2] ?? 0) > 1"],
    ["(all) => false && all.count() > 1", "false"],
  ])("%s", (text, readable) => {
    const { tree } = alert(text, empty);
    if (readable !== undefined) expect(printReadable(tree)).toBe(readable);
    expect(alertTree.safeParse(JSON.parse(JSON.stringify(tree))).error).toBe(undefined);
  });

  it("reports why a condition is refused", () => {
    const texts = [
      "(all) => all.avg((x) => x.out)",
      "(all) => all.avg((x) => x.out > 1) > 1",
      "(all) => all.count((x) => x.out) > 1",
      "(all) => all.sum((x) => x.in.id) > 1",
      "(all) => all.avg(0.5) > 1",
      "(all) => all.avg() > 1",
      "(all) => all.count(1, 2) > 1",
      "(all) => all.quantile(1.5, (x) => x.out) > 1",
      "(all) => all.quantile(all.count(), (x) => x.out) > 1",
      "(all) => all.quantile((x) => x.out) > 1",
      "(all) => all.median((x) => x.out) > 1",
      "(all) => all.quantle(0.5, (x) => x.out) > 1",
      "(all) => all.length > 1",
      "(all) => all > 1",
      "({ avg }) => avg((x) => x.out) > 1",
      "(all) => all.avg((x) => x.out - all.avg((y) => y.out)) > 1",
      "(all) => all.share(() => true) > 0.5",
      "(all) => all.avg((x) => x.in.list[2]) > 1",
      "(all) => all.avg((x, i) => i) > 1",
      "(all) => all.some((x) => x.out > 1)",
    ];
    expect(texts.flatMap((text) => [text, ...refusals(text, empty).map((refusal) => `  ${refusal}`)]).join("\n"))
      .toMatchInlineSnapshot(`
        "(all) => all.avg((x) => x.out)
          SL1107 the lambda returns number, not boolean (state when the alert fires, as a comparison)
        (all) => all.avg((x) => x.out > 1) > 1
          SL1122 'avg' takes a function of one row that returns a number, and this one returns a boolean
        (all) => all.count((x) => x.out) > 1
          SL1122 'count' takes a condition of one row, and this one returns a number
        (all) => all.sum((x) => x.in.id) > 1
          SL1122 'sum' takes a function of one row that returns a number, and this one returns a bigint (int64 and uint64 ports hold bigints, which have no aggregates; count those that meet a condition)
        (all) => all.avg(0.5) > 1
          SL1116 'avg' takes a function of one row that returns a number, and '0.5' is not a function
        (all) => all.avg() > 1
          SL1116 'avg' takes a function of one row that returns a number, not 0 arguments (write all.avg((x) => …))
        (all) => all.count(1, 2) > 1
          SL1116 'count' takes a condition of one row, not 2 arguments (write all.count((x) => …))
        (all) => all.quantile(1.5, (x) => x.out) > 1
          SL1122 'quantile' takes a constant from 0 to 1 (the median is all.quantile(0.5, (x) => …))
        (all) => all.quantile(all.count(), (x) => x.out) > 1
          SL1122 'quantile' takes a constant from 0 to 1 (the median is all.quantile(0.5, (x) => …))
        (all) => all.quantile((x) => x.out) > 1
          SL1122 'quantile' takes a constant from 0 to 1 (the median is all.quantile(0.5, (x) => …))
        (all) => all.median((x) => x.out) > 1
          SL1115 'median' is not an aggregate (use an aggregate: all.count(…), all.sum(…), all.avg(…), all.min(…), all.max(…), all.quantile(…), all.share(…))
        (all) => all.quantle(0.5, (x) => x.out) > 1
          SL1115 'quantle' is not an aggregate (did you mean 'quantile'?) (use an aggregate: all.count(…), all.sum(…), all.avg(…), all.min(…), all.max(…), all.quantile(…), all.share(…))
        (all) => all.length > 1
          SL1104 the window's rows have no readable property 'length' (use an aggregate: all.count(…), all.sum(…), all.avg(…), all.min(…), all.max(…), all.quantile(…), all.share(…))
        (all) => all > 1
          SL1108 'all' is all rows of the window (use an aggregate, such as all.avg((x) => x.out.<port>))
        ({ avg }) => avg((x) => x.out) > 1
          SL1104 the window's rows have no readable property 'avg' (use an aggregate: all.count(…), all.sum(…), all.avg(…), all.min(…), all.max(…), all.quantile(…), all.share(…))
        (all) => all.avg((x) => x.out - all.avg((y) => y.out)) > 1
          SL1123 'avg' aggregates the whole window, and cannot be used on one row (compare aggregates outside of each other: all.max(f) - all.avg(f) < 1)
        (all) => all.share(() => true) > 0.5
          SL1124 the function of 'share' does not read the row (all.count() is the number of rows)
        (all) => all.avg((x) => x.in.list[2]) > 1
          SL1118 the function of 'avg' may return a missing value (give it a value with ??)
        (all) => all.avg((x, i) => i) > 1
          SL1116 the function of 'avg' gets one row, but has 2 parameters
        (all) => all.some((x) => x.out > 1)
          SL1115 'some' is not an aggregate (use an aggregate: all.count(…), all.sum(…), all.avg(…), all.min(…), all.max(…), all.quantile(…), all.share(…))"
      `);
  });
});

describe("the schema of an alert's tree", () => {
  const count = { op: "aggregate", fn: "count", quantile: null, body: null, type: "number" };
  const read = {
    op: "read",
    from: "out",
    port: "y",
    dtype: "float32",
    shape: [],
    at: [],
    type: "number",
    nullable: false,
  };
  const over = (left: unknown) =>
    alertTree.safeParse({ op: ">", left, right: { op: "constant", type: "number", value: 1 }, type: "boolean" }).error
      ?.issues[0]?.message;

  it("rejects a row read outside of an aggregate, and an aggregate inside another", () => {
    expect(over(count)).toBe(undefined);
    expect(over(read)).toBe("'y' is read outside of an aggregate");
    expect(over({ ...count, fn: "sum", body: read })).toBe(undefined);
    expect(over({ ...count, fn: "sum", body: count })).toBe("an aggregate inside an expression of one row");
    expect(over({ ...count, fn: "sum" })).toBe("'sum' without a function");
    expect(over({ ...count, fn: "count", body: read })).toBe("'count' does not take a number");
    expect(over({ ...count, fn: "quantile", body: read })).toBe("'quantile' without a share");
    expect(over({ ...count, fn: "avg", quantile: 0.5, body: read })).toBe("'avg' with a share");
  });
});

describe("the texts of an alert", () => {
  it("are DuckDB aggregates and JavaScript; languages that evaluate single rows refuse", () => {
    const { strings, refused } = alert("(all) => all.count() > 10 && all.avg((x) => x.models.c1.z) > 0.5", empty);
    expect(strings.sql).toMatchInlineSnapshot(
      `"(count(*)::DOUBLE > 10e0) AND ((coalesce(sum("out_c1.z" ORDER BY "out_c1.z") FILTER (WHERE "out_c1.z" IS NOT NULL), 0e0) / count(*) FILTER (WHERE "out_c1.z" IS NOT NULL)::DOUBLE + 0e0) > 0.5e0 AND NOT isnan((coalesce(sum("out_c1.z" ORDER BY "out_c1.z") FILTER (WHERE "out_c1.z" IS NOT NULL), 0e0) / count(*) FILTER (WHERE "out_c1.z" IS NOT NULL)::DOUBLE + 0e0)))"`,
    );
    expect(strings.javascript).toMatchInlineSnapshot(
      `"(all) => all.count() > 10 && all.avg((x) => x.models.c1.z) > 0.5"`,
    );
    expect(refused).toMatchInlineSnapshot(`
      {
        "cel": {
          "code": "SL1201",
          "reason": "CEL evaluates one row at a time, and an alert covers many",
        },
        "checks": {
          "code": "SL1201",
          "reason": "a check evaluates one row at a time, and an alert covers many",
        },
        "polars-0.18": {
          "code": "SL1201",
          "reason": "polars 0.18 evaluates one row at a time, and an alert covers many",
        },
        "polars-1": {
          "code": "SL1201",
          "reason": "polars 1 evaluates one row at a time, and an alert covers many",
        },
        "polars-1.44": {
          "code": "SL1201",
          "reason": "polars 1.44 evaluates one row at a time, and an alert covers many",
        },
      }
    `);
  });

  it("give the same result in DuckDB, in the generated loop and in JavaScript, on edge values and on no rows", async () => {
    const fs = ["x.out.d", "x.in.f[1] * x.out.d", "x.out.i"];
    const conditions = [
      "x.out.d > 0.5",
      "x.in.f.some((v) => v >= 1)",
      "x.out.s === 'a' || x.out.i > 3",
      "Number.isFinite(x.out.d)",
    ];
    const values = [
      "all.count()",
      ...fs.flatMap((f) => ["sum", "avg", "min", "max"].map((fn) => `all.${fn}((x) => ${f})`)),
      ...fs.flatMap((f) => [0, 0.05, 0.5, 1].map((q) => `all.quantile(${q}, (x) => ${f})`)),
      ...conditions.flatMap((where) => [`all.count((x) => ${where})`, `all.share((x) => ${where})`]),
    ];
    const texts = values.flatMap((value, i) => [
      `(all) => ${value} > 0.5`,
      `(all) => 1 / ${value} > 0`,
      `(all) => Number.isNaN(${value})`,
      `(all) => !(${value} <= ${values[(i * 7 + 3) % values.length] ?? ""})`,
    ]);
    for (const rows of [0, 1, 4, edgeFloats.length]) {
      for (const finite of rows > 1 ? [false, true] : [false]) {
        const at = (i: number): number => {
          const value = edgeFloats[(i * 5 + rows) % edgeFloats.length] ?? 0;
          return finite && !Number.isFinite(value) ? i / 3 : value;
        };
        const places = Array.from({ length: rows }, (_, i) => i);
        const columns = [
          column("out.d", "float64", [], places.map(at)),
          column(
            "in.f",
            "float32",
            [2],
            places.map((i) => [Math.fround(at(i + 1)), Math.fround(at(i + 2))]),
          ),
          column(
            "out.i",
            "int32",
            [],
            places.map((i) => i - 2),
          ),
          column(
            "out.s",
            "string",
            [],
            places.map((i) => "abc"[i % 3] ?? ""),
          ),
        ];
        const alerts = texts.map((text) => alert(text, columns));
        const connection = await createRowsTable(columns);
        const inDuckDb = await holdsInDuckDb(
          connection,
          alerts.map(({ strings }) => strings.sql ?? "'no text'"),
        );
        connection.closeSync();
        const expected = texts.map((text) => holdsOn(text, columns));
        const wrong = texts.filter(
          (_, i) => inDuckDb[i] !== expected[i] || holdsInLoop(alerts[i] as never, columns) !== expected[i],
        );
        expect(wrong, `${rows} rows, ${finite ? "finite" : "with NaN"}`).toEqual([]);
      }
    }
  });

  it("give the same sum for any order of the rows", async () => {
    const values = [1e16, 1, -1e16, 0.1, 1e-9, 3, -0.1, 1e16, 7, 2 ** 53, -1e16];
    for (const order of [values, values.toReversed(), values.toSorted((a, b) => Math.abs(a) - Math.abs(b))]) {
      const columns = [column("out.d", "float64", [], order)];
      const sum = [...order].sort((a, b) => a - b).reduce((a, b) => a + b, 0);
      const text = `(all) => all.sum((x) => x.out.d) === ${sum}`;
      const connection = await createRowsTable(columns);
      expect(await holdsInDuckDb(connection, [alert(text, columns).strings.sql ?? ""])).toEqual([true]);
      connection.closeSync();
      expect(holdsInLoop(alert(text, columns), columns, 2)).toBe(true);
    }
  });
});

describe("a row without a challenger's value", () => {
  const columns = [column("out.d", "float64", [], [1, 2, 3, 4]), column("out_c1.z", "float64", [], [10, 20, 30, 40])];
  const present = new Map([["out_c1.z", Uint8Array.of(1, 0, 1, 0)]]);
  const texts = {
    "(all) => all.count() === 4": true,
    "(all) => all.avg((x) => x.models.c1.z) === 20": true,
    "(all) => all.share((x) => x.models.c1.z > 15 && x.out.d > 0) === 0.5": true,
    "(all) => all.count((x) => !(x.models.c1.z > 15)) === 1": true,
    "(all) => all.min((x) => x.out.d + x.models.c1.z) === 11 && all.quantile(1, (x) => x.models.c1.z) === 30": true,
    "(all) => all.sum((x) => x.out.d) === 10": true,
  };

  it("is skipped by the aggregates that read it", async () => {
    const alerts = Object.keys(texts).map((text) => alert(text, columns));
    const there = (row: number) => present.get("out_c1.z")?.[row] === 1;
    const connection = await createRowsTable(
      columns.map((c) => (c.name === "out_c1.z" ? { ...c, values: c.values.map((v, r) => (there(r) ? v : null)) } : c)),
    );
    expect(
      await holdsInDuckDb(
        connection,
        alerts.map(({ strings }) => strings.sql ?? ""),
      ),
    ).toEqual(Object.values(texts));
    connection.closeSync();
    const tensors = new Map(columns.map((c) => [c.name, tensorOf(c)]));
    const loops = alerts
      .map(({ tree }) => alertProgram({ name: "a", tree }))
      .map((p) => p.holds(p.aggregates(p.values(tensors, 4, present))));
    expect(loops).toEqual(Object.values(texts));
  });

  it("is skipped where the whole column is absent", () => {
    const program = alertProgram({
      name: "a",
      tree: alert(
        "(all) => all.count((x) => x.models.c1.z > 1) === 0 && Number.isNaN(all.avg((x) => x.models.c1.z)) && all.count() === 4",
        columns,
      ).tree,
    });
    expect(
      program.holds(
        program.aggregates(program.values(new Map(columns.slice(0, 1).map((c) => [c.name, tensorOf(c)])), 4)),
      ),
    ).toBe(true);
  });
});
