// What the compiler and `build()` must judge alike, lambdas included. `▸` marks the start of the compiler's error.

/** A pipeline that both accept. */
export interface AcceptedByBoth {
  readonly source: string;
  /** The first lambda as `build()` understands it. */
  readonly lambda?: string;
}

/** A pipeline that both refuse. */
export interface RefusedByBoth {
  readonly source: string;
  /** The words of both; where the compiler has its own, `code` is that of `build()`. */
  readonly text?: string;
  readonly code?: `SL${string}`;
}

const model = (name: string, inputs: string, outputs: string): string =>
  `defineModel({ name: "${name}", sha256, inputs: ${inputs}, outputs: ${outputs} })`;
const f = (...shape: readonly (string | number)[]): string =>
  `{ dtype: "float32", shape: ${JSON.stringify(["batch", ...shape])} }`;

/** Outputs named by numbers, as converters write them. */
const numbered = model("numbered", `{ 0: ${f(4)} }`, `{ 0: ${f(4)}, 495: ${f("k")} }`);
const quoted = model("quoted", `{ "0": ${f(4)}, "495": ${f("j")} }`, `{ "0": ${f("j")} }`);
const lone = (size: number): string => model(`lone-${size}`, `{ 0: ${f(4)} }`, `{ "0": ${f(size)} }`);
const far = model("far", `{ "495": ${f(4)} }`, `{ "495": ${f(4)} }`);

const numericNames: readonly AcceptedByBoth[] = [
  { source: `pipeline("p").model(${numbered}).model(${quoted})` },
  { source: `pipeline("p").model(${numbered}).model(${quoted}, { 0: "0", 495: "495" })` },
  { source: `pipeline("p").model(${numbered}).model(${quoted}, { "0": "in.0" })` },
  { source: `pipeline("p").model(${numbered}).model(${quoted}).model(${lone(4)}, { 0: "numbered.0" })` },
  { source: `pipeline("p", { inputs: { 0: ${f(4)} } }).model(${lone(4)}, { "0": "in.0" })` },
  { source: `pipeline("p", { inputs: { 0: ${f(4)} }, missing: { 0: "nan" } }).model(${lone(4)})` },
  { source: `pipeline("p", { inputs: { 0: ${f("7")} } }).refine({ 7: 4 }).model(${lone(4)})` },
  ...["x.out[0][1]", `x.out["0"][1]`].map((read) => ({
    source: `pipeline("p").model(${numbered}).validate("v", (x) => ${read} < 1)`,
    lambda: `(x) => x.out["0"][1] < 1`,
  })),
  ...["x.out[0][0]", `x.out["0"][0]`].map((read) => ({
    source: `pipeline("p").model(${lone(1)}).validate("v", (x) => ${read} < 1)`,
    lambda: `(x) => x.out["0"][0] < 1`,
  })),
  ...["x.out[495][3]", `x.out["495"][3]`, "x.out[3]"].map((read) => ({
    source: `pipeline("p").model(${far}).validate("v", (x) => ${read} < 1)`,
    lambda: `(x) => x.out["495"][3] < 1`,
  })),
  {
    source: `pipeline("p").model(${numbered}).validate("v", ({ out: { 0: y } }) => y[2] < 1)`,
    lambda: `(x) => x.out["0"][2] < 1`,
  },
];

const text = (...shape: readonly number[]): string =>
  `{ dtype: "string", shape: ${JSON.stringify(["batch", ...shape])} }`;
const label = (...shape: readonly number[]): string => model("label", `{ x: ${f(4)} }`, `{ s: ${text(...shape)} }`);
const several = model(
  "several",
  `{ x: { dtype: "a".length > 0 ? "int64" : "float32", shape: ["batch", 12] } }`,
  `{ y: ${f(1)} }`,
);

export const accepted: readonly AcceptedByBoth[] = [
  ...numericNames,
  // a lone port of one string is the string
  ...[label(), label(1)].map((one) => ({
    source: `pipeline("p").model(${one}).validate("v", (x) => x.out.startsWith("a") || x.out.endsWith("b") || x.out === "c")`,
  })),
  // rows of rank 0
  { source: `pipeline("p").model(scalar).validate("v", (x) => x.out < 1 && x.out.y < 1)` },
  // sources as records that the compiler does not know
  { source: `pipeline("p").model(embed).model(head, { x: "embedding" } as Record<string, string>)` },
  { source: `pipeline("p").model(embed).model(head, { x: "embedding" } as Record<"x", string>)` },
  {
    source: `pipeline("p").model(embed).model(head, { x: "embedding" } as Record<"x", "embedding">).validate("v", (x) => x.out < 1)`,
  },
  {
    source: `pipeline("p", { inputs: { x: ${f(12)} } as Record<"x", { dtype: "float32"; shape: ["batch", 12] }> }).model(head)`,
  },
  // sources that are partly known text
  {
    source: `pipeline("p").model(${model("acme", `{ x: ${f(4)} }`, `{ y: ${f(12)} }`)}).model(loose).model(head, { x: \`\${tenant}.y\` })`,
  },
  {
    source: `pipeline("p", { inputs: { image: ${f(64)}, acme: ${f(12)} } }).model(embed).model(head, { x: \`in.\${tenant}\` }).validate("v", (x) => x.out < 1)`,
  },
  // shares of quantiles
  ...["0", "1", "0.5", "1e-7"].map((share) => ({
    source: `pipeline("p").model(embed).model(head).alert("a", (all) => all.quantile(${share}, (x) => x.out) > 1, { over: "5m" })`,
  })),
];

const stated = `pipeline("p", { inputs: { image: ${f(64)} } })`;

export const refused: readonly RefusedByBoth[] = [
  {
    source: `pipeline("p").model(embed).model(▸${several})`,
    text: "model 'several' input 'x' expects int64[batch, 12] but step 0 (model 'embed') produces float32[batch, 12]",
  },
  ...["1.5", "-0.5", "2"].map((share) => ({
    source: `pipeline("p").model(embed).model(head).alert("a", (all) => all.quantile(▸${share}, (x) => x.out) > 1, { over: "5m" })`,
    text: "'quantile' takes a constant from 0 to 1",
  })),
  { source: `pipeline("p").model(scalar).validate("v", (x) => ▸x.out[0] < 1)`, code: "SL1108" },
  { source: `pipeline("p").models([head, twin]).validate("v", (x) => x.▸out < 1)`, code: "SL1109" },
  {
    source: `pipeline("p").model(${numbered}).model(▸${lone(4)}, { 0: "495" })`,
    text: "model 'lone-4' input '0' expects float32[batch, 4] but step 0 (model 'numbered') produces float32[batch, numbered.k]; refine 'numbered.k' to 4",
  },
  { source: `pipeline("p").model(${lone(4)}).validate("v", (x) => ▸x.out[4][0] < 1)`, code: "SL1105" },
  { source: `pipeline("p").model(${numbered}).validate("v", (x) => ▸x.out[1][0] < 1)`, code: "SL1109" },
  // names that are not fully known, before the first model
  ...["`v_${tenant}`", "tenant"].flatMap((name): readonly RefusedByBoth[] => [
    { source: `${stated}.validate(▸${name}, () => true).model(embed)`, code: "SL2005" },
    { source: `${stated}.alert(▸${name}, () => true, { over: "5m" }).model(embed)`, code: "SL2083" },
    { source: `${stated}.model(embed).insertStep(0, (at) => at.validate(▸${name}, () => true))`, code: "SL2005" },
  ]),
];
