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

export const accepted: readonly AcceptedByBoth[] = [...numericNames];

export const refused: readonly RefusedByBoth[] = [
  {
    source: `pipeline("p").model(${numbered}).model(▸${lone(4)}, { 0: "495" })`,
    text: "model 'lone-4' input '0' expects float32[batch, 4] but step 0 (model 'numbered') produces float32[batch, numbered.k]; refine 'numbered.k' to 4",
  },
  { source: `pipeline("p").model(${lone(4)}).validate("v", (x) => ▸x.out[4][0] < 1)`, code: "SL1105" },
  { source: `pipeline("p").model(${numbered}).validate("v", (x) => ▸x.out[1][0] < 1)`, code: "SL1109" },
];
