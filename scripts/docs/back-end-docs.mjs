const port = (name, dtype, ...shape) => ({ name, dtype, shape: ["batch", ...shape] });
const scope = {
  inputs: [port("n", "int64", 1), port("u", "float64", null), port("w", "string", null)],
  outputs: [
    port("a", "float32", 1),
    port("b", "float64", 1),
    port("list", "float32", 3),
    port("s", "string"),
    port("t", "string"),
    port("flag", "bool"),
  ],
  model: "m",
};

/** Sample lambdas for each operation of the typed tree. */
const samples = {
  read: ["x => x.out.a < 1", "x => x.out.list[1] < 1"],
  constant: ["x => x.out.a < 0.9"],
  position: ["x => x.out.list.every((v, i) => v < i)"],
  pick: ["x => x.out.list.every((v, i) => v < [1, 2, 3][i])"],
  length: ["x => x.in.u.length > 1"],
  "+": ["x => x.out.a + x.out.b < 1"],
  "-": ["x => x.out.a - x.out.b < 1"],
  "*": ["x => x.out.a * x.out.b < 1"],
  "/": ["x => x.out.a / x.out.b < 1"],
  "%": ["x => x.out.a % x.out.b < 1", "x => x.in.n % 10n < 5n"],
  "**": ["x => x.out.a ** x.out.b < 1"],
  negate: ["x => -x.out.a < 1"],
  "<": ["x => x.out.a < x.out.b", "x => x.out.s < x.out.t", "x => x.in.n < 5n"],
  ">": ["x => x.out.a > x.out.b", "x => x.out.s > x.out.t", "x => x.in.n > 5n"],
  "<=": ["x => x.out.a <= x.out.b", "x => x.out.s <= x.out.t", "x => x.in.n <= 5n"],
  ">=": ["x => x.out.a >= x.out.b", "x => x.out.s >= x.out.t", "x => x.in.n >= 5n"],
  "===": ["x => x.out.a[0] === x.out.b[0]", "x => x.out.s === x.out.t", "x => x.in.n[0] === 5n"],
  "!==": ["x => x.out.a[0] !== x.out.b[0]", "x => x.out.s !== x.out.t", "x => x.in.n[0] !== 5n"],
  "!": ["x => !(x.out.a < 1)"],
  "&&": ["x => x.out.a < 1 && x.out.b < 1"],
  "||": ["x => x.out.a < 1 || x.out.b < 1"],
  conditional: ["x => x.out.flag ? x.out.a < 1 : x.out.b < 1"],
  min: ["x => Math.min(x.out.a, x.out.b) < 1"],
  max: ["x => Math.max(x.out.a, x.out.b) < 1"],
  hypot: ["x => Math.hypot(x.out.a, x.out.b) < 1"],
  abs: ["x => Math.abs(x.out.a) < 1"],
  floor: ["x => Math.floor(x.out.a) < 1"],
  ceil: ["x => Math.ceil(x.out.a) < 1"],
  round: ["x => Math.round(x.out.a) < 1"],
  trunc: ["x => Math.trunc(x.out.a) < 1"],
  sign: ["x => Math.sign(x.out.a) < 1"],
  sqrt: ["x => Math.sqrt(x.out.a) < 1"],
  log: ["x => Math.log(x.out.a) < 1"],
  log2: ["x => Math.log2(x.out.a) < 1"],
  log10: ["x => Math.log10(x.out.a) < 1"],
  exp: ["x => Math.exp(x.out.a) < 1"],
  toNumber: ["x => Number(x.in.n) < 0.5"],
  isFinite: ["x => Number.isFinite(x.out.a)"],
  isNaN: ["x => Number.isNaN(x.out.a)"],
  isInteger: ["x => Number.isInteger(x.out.a)"],
  startsWith: ["x => x.out.s.startsWith('a')"],
  endsWith: ["x => x.out.s.endsWith('a')"],
  includes: ["x => x.out.s.includes('a')"],
  missing: ["x => x.in.w[1] === undefined"],
  "??": ["x => (x.in.w[1] ?? 'a') === 'a'"],
  every: ["x => x.out.list.every((v) => v < 1)", "x => x.in.u.every((v) => v < 1)"],
  some: ["x => x.out.list.some((v) => v < 1)", "x => x.in.u.some((v) => v < 1)"],
};

/** Sample conditions of alerts; A and B are replaced by aggregates. */
const alertSamples = {
  aggregate: [
    "count()",
    "count((x) => x.out.a > 1)",
    "sum((x) => x.out.a)",
    "avg((x) => x.out.a)",
    "min((x) => x.out.a)",
    "max((x) => x.out.a)",
    "quantile(0.9, (x) => x.out.a)",
    "share((x) => x.out.a > 1)",
  ].map((text) => `all => all.${text} > 0.5`),
  ...Object.fromEntries(["+", "-", "*", "/", "%", "**"].map((op) => [op, [`all => A ${op} B < 1`]])),
  negate: ["all => -A < 1"],
  ...Object.fromEntries(["<", ">", "<=", ">=", "===", "!=="].map((op) => [op, [`all => A ${op} B`]])),
  "!": ["all => !(A < 1)"],
  "&&": ["all => A < 1 && B < 1"],
  "||": ["all => A < 1 || B < 1"],
  conditional: ["all => (A < 1 ? A : B) < 1"],
  ...Object.fromEntries(["min", "max", "hypot"].map((f) => [f, [`all => Math.${f}(A, B) < 1`]])),
  ...Object.fromEntries(
    ["abs", "floor", "ceil", "round", "trunc", "sign", "sqrt", "log", "log2", "log10", "exp"].map((f) => [
      f,
      [`all => Math.${f}(A) < 1`],
    ]),
  ),
  ...Object.fromEntries(["isFinite", "isNaN", "isInteger"].map((f) => [f, [`all => Number.${f}(A)`]])),
};
const aggregates = (text) =>
  text.replaceAll(/\bA\b/g, "all.avg((x) => x.out.a)").replaceAll(/\bB\b/g, "all.max((x) => x.out.b)");

const escaped = (text) => text.replaceAll("|", "\\|");

/** Renders the table of operations by back-end, then the guards and refusals of each back-end. */
function section(compiled, names, backEnds) {
  const lines = [`| operation | ${names.join(" | ")} |`, `|---|${names.map(() => "---|").join("")}`];
  for (const [op, all] of compiled) {
    const cells = names.map((name) => {
      const written = all.filter(([, { strings }]) => name in strings).length;
      if (written === 0) return "-";
      return `${backEnds[name].guards[op] === undefined ? "exact" : "guarded"}${written === all.length ? "" : " in part"}`;
    });
    lines.push(`| \`${escaped(op)}\` | ${cells.join(" | ")} |`);
  }
  for (const name of names) {
    const { guards } = backEnds[name];
    const guarded = compiled.flatMap(([op, all]) =>
      guards[op] !== undefined && all.some(([, { strings }]) => name in strings)
        ? [`| \`${escaped(op)}\` | ${escaped(guards[op])} |`]
        : [],
    );
    const refusals = compiled.flatMap(([, all]) =>
      all.flatMap(([text, { refused }]) =>
        name in refused ? [`| \`${escaped(text)}\` | ${refused[name].code} | ${escaped(refused[name].reason)} |`] : [],
      ),
    );
    if (guarded.length + refusals.length > 0) lines.push("", `### ${name}`);
    if (guarded.length > 0) lines.push("", "| guarded | how |", "|---|---|", ...guarded);
    if (refusals.length > 0) lines.push("", "| refused | code | reason |", "|---|---|---|", ...refusals);
  }
  return lines;
}

/** The back-ends that support at least one of the expressions. */
const capable = (compiled, names) =>
  names.filter((name) => compiled.some(([, all]) => all.some(([, { strings }]) => name in strings)));

/**
 * Renders docs/back-ends.md.
 *
 * @param compileLambda from `shapeline/codegen`
 * @param backEnds the table of back-ends, from src/expression/backends/back-ends.ts
 */
export function backEndsPage(compileLambda, backEnds) {
  const compile = (table, options, prepare) =>
    Object.entries(table).map(([op, texts]) => [
      op,
      texts.map((text) => [text, compileLambda(prepare(text), { ...scope, ...options }).expression]),
    ]);
  const lambdas = compile(samples, {}, (text) => text);
  const alerts = compile(alertSamples, { kind: "alert" }, aggregates);
  const names = Object.keys(backEnds);
  const lines = [
    "# What each back-end supports",
    "",
    "These tables list every operation that a lambda may use, and how each back-end supports it. Nothing is ever approximated.",
    "",
    "- `exact`: the back-end's own operation equals JavaScript for every value, including NaN, infinities, -0 and missing elements.",
    "- `guarded`: the text adds guards to the operation, so that it equals JavaScript for every value. The guards are below each table.",
    "- `in part`: supported for some types or lists, otherwise refused.",
    "- `-`: refused, with the reason below the table.",
    "",
    "`polars-0.18` is the format that the platform stores. `polars-1` is for polars 1.7 and 1.8, `polars-1.44` for 1.44 and later.",
    "This page is generated from the code by `npm run docs`.",
    "",
    "## Validations",
    "",
    ...section(lambdas, capable(lambdas, names), backEnds),
    "",
    "## Alerts",
    "",
    "The functions inside an aggregate are lambdas over one row. `sql` and `javascript` support them as in the table above;",
    "`promql` uses only the result of the aggregate. In this table, `A` and `B` are aggregates.",
    "The other back-ends evaluate one row at a time and refuse every alert.",
    "",
    ...section(alerts, capable(alerts, names), backEnds),
  ];
  return `${lines.join("\n")}\n`;
}

/** The operations of the page. */
export const documentedOps = [...new Set([...Object.keys(samples), ...Object.keys(alertSamples)])];
