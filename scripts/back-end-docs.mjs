const port = (name, dtype, ...shape) => ({ name, dtype, shape: ["N", ...shape] });
const scope = {
  inputs: [port("n", "int64", 1), port("u", "float64", null), port("w", "string", null)],
  outputs: [port("a", "float32", 1), port("b", "float64", 1), port("list", "float32", 3), port("s", "string"), port("t", "string"), port("flag", "bool")],
  model: "m",
};

/** For each operation of the typed tree, lambdas that use it. */
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
  "**": ["x => x.out.a ** x.out.b < 1"],
  negate: ["x => -x.out.a < 1"],
  "<": ["x => x.out.a < x.out.b", "x => x.out.s < x.out.t", "x => x.in.n < 5n"],
  ">": ["x => x.out.a > x.out.b", "x => x.out.s > x.out.t", "x => x.in.n > 5n"],
  "<=": ["x => x.out.a <= x.out.b", "x => x.out.s <= x.out.t", "x => x.in.n <= 5n"],
  ">=": ["x => x.out.a >= x.out.b", "x => x.out.s >= x.out.t", "x => x.in.n >= 5n"],
  "===": ["x => x.out.a === x.out.b", "x => x.out.s === x.out.t", "x => x.in.n === 5n"],
  "!==": ["x => x.out.a !== x.out.b", "x => x.out.s !== x.out.t", "x => x.in.n !== 5n"],
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

/** The text of docs/back-ends.md: what each back-end says of each operation's lambdas. */
export function backEndsPage(compileLambda) {
  const compiled = Object.entries(samples).map(([op, texts]) => [op, texts.map((text) => [text, compileLambda(text, scope).expression])]);
  const backEnds = ["polars-0.18", "polars-1", "polars-1.44", "checks", "cel", "sql", "promql", "javascript"].filter((name) =>
    compiled.some(([, all]) => all.some(([, { strings, refused }]) => name in strings || name in refused)),
  );
  const lines = [
    "# What each back-end can say",
    "",
    "Every operation that a lambda may use, and whether a back-end's text means exactly what JavaScript means by it.",
    "`exact`: on every value, NaN, infinities, -0 and missing elements included, with whatever guards that takes. `in part`: for some types or lists; what is not, is refused.",
    "`-`: refused, with the reason below. Nothing is ever approximated.",
    "This page is generated from the code by `npm run docs`.",
    "",
    `| operation | ${backEnds.join(" | ")} |`,
    `|---|${backEnds.map(() => "---|").join("")}`,
  ];
  const escaped = (text) => text.replaceAll("|", "\\|");
  for (const [op, all] of compiled) {
    const cells = backEnds.map((name) => {
      const written = all.filter(([, { strings }]) => name in strings).length;
      return written === all.length ? "exact" : written === 0 ? "-" : "in part";
    });
    lines.push(`| \`${escaped(op)}\` | ${cells.join(" | ")} |`);
  }
  lines.push("", "## Why not");
  for (const name of backEnds) {
    const refusals = compiled.flatMap(([, all]) => all.flatMap(([text, { refused }]) => (name in refused ? [`| \`${escaped(text)}\` | ${refused[name].code} | ${escaped(refused[name].reason)} |`] : [])));
    if (refusals.length > 0) lines.push("", `### ${name}`, "", "| lambda | code | reason |", "|---|---|---|", ...refusals);
  }
  return `${lines.join("\n")}\n`;
}

/** The operations of the page. */
export const documentedOps = Object.keys(samples);
