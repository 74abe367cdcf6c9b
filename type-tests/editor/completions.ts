/** The statements that the cases use. */
export const given = `
const fraud = pipeline("fraud").model(embed).shadow(head, [head2]).validate("amt", (x) => x.out < 1);
const embedded = pipeline("embedded").model(embed);
const halves = embedded.model(split);
const both = pipeline("both").models([embed, loose]);
const encoded = pipeline("encoded").model(encoder);
const floats = { a: { dtype: "float32", shape: ["batch"] }, b: { dtype: "int8", shape: ["batch"] } } as const;
declare const target: Target;
const live = await fraud.deploy(target);
const decoding = await pipeline("decoding").model(decoder).deploy(target);
`;

/** What an editor offers at `|`. */
export interface Completion {
  readonly source: string;
  readonly offers: readonly string[];
  /** Also the names in scope: an expression may stand there. */
  readonly andNames?: true;
}

const sources = ["embedding", "in.image", "embed.embedding"];

export const completions: readonly Completion[] = [
  // requests
  ...["[{ | }]", "[{ im| }]", `[{ "|" }]`, "{ | }", "[{ | }], { timeoutMs: 1 }"].map((request) => ({
    source: `live.infer(${request});`,
    offers: ["image"],
  })),
  { source: "decoding.infer([{ rate: 1n, | }]);", offers: ["hidden", "prefix"] },
  { source: "decoding.infer([{ hidden: [1], | }]);", offers: ["prefix", "rate"] },
  { source: "decoding.infer({ hidden: [[1]], | });", offers: ["prefix", "rate"] },
  { source: `live.infer([{ image: [1] }], { values: "|" });`, offers: ["nested", "typed"] },
  { source: "const rows: InferInput<typeof fraud>[] = [{ | }];", offers: ["image"] },
  {
    source: "const [row] = await live.infer([{ image: new Float32Array(64) }]); row.|;",
    offers: ["anomaly", "check_failures", "in", "out", "out_head-2", "time"],
  },
  // sources
  { source: "embedded.model(loose, { | });", offers: ["x"] },
  { source: "embedded.model(loose, { na| });", offers: ["x"] },
  { source: `embedded.model(loose, { x: "|" });`, offers: sources },
  { source: `embedded.model(loose, { x: "em|" });`, offers: sources },
  { source: `halves.model(pair, { a: "a", | });`, offers: ["b"] },
  {
    source: `halves.model(pair, { a: "|" });`,
    offers: ["a", "b", "in.image", "embed.embedding", "split.a", "split.b"],
  },
  { source: `pipeline("p").model(loose, { | });`, offers: ["x"] },
  { source: "fraud.replaceStep(1, (at) => at.model(head, { | }));", offers: ["x"] },
  { source: `fraud.replaceStep(1, (at) => at.model(head, { x: "|" }));`, offers: sources },
  // selections and slices
  { source: "both.select(|);", offers: ["0", "1"], andNames: true },
  { source: `both.audit("|");`, offers: ["0:", "1:", ":1"] },
  { source: `both.audit("7|");`, offers: ["0:", "1:", ":1"] },
  // sizes
  { source: "encoded.refine({ | });", offers: ["encoder.k", "seq"] },
  { source: "encoded.refine({ se| });", offers: ["encoder.k", "seq"] },
  { source: "encoded.refine({ seq: 128, | });", offers: ["encoder.k"] },
  // edits
  { source: "fraud.replaceStep(|, (at) => at.model(head));", offers: ["0", "1", "2"], andNames: true },
  { source: "fraud.insertStep(|, (at) => at.model(head));", offers: ["0", "1", "2", "3"], andNames: true },
  { source: "fraud.removeStep(|);", offers: ["0", "1", "2"], andNames: true },
  // options
  {
    source: `embedded.alert("a", (all) => all.count() > 1, { over: "|" });`,
    offers: ["1m", "5m", "15m", "1h", "24h"],
  },
  { source: `embedded.keySplit("k", { | });`, offers: ["default", "routes"] },
  { source: `embedded.randomSplit([[1, head]], { | });`, offers: ["hashKey"] },
  { source: `pipeline("p", { inputs: floats, missing: { | } });`, offers: ["a"] },
  // Text that an author chooses: only what is there already.
  ...[
    `pipeline("|");`,
    `embedded.validate("|", (x) => true);`,
    `embedded.alert("|", (all) => true, { over: "1m" });`,
    `embedded.keySplit("|", { default: head, routes: { gold: twin } });`,
    `pipeline("p").validate("|", (x) => true);`,
    `fraud.replaceStep(1, (at) => at.validate("|", (x) => true));`,
  ].map((source) => ({ source, offers: [""] })),
  ...[`embedded.audit("|");`, `pipeline("p").audit("|");`, `embedded.randomSplit([[1, head]], { hashKey: "|" });`].map(
    (source) => ({ source, offers: [] }),
  ),
  // Models: the names in scope.
  ...[
    "embedded.model(|);",
    "embedded.models([|]);",
    "embedded.shadow(|, []);",
    "embedded.shadow(head, [|]);",
    `embedded.keySplit("k", { default: |, routes: {} });`,
    `embedded.keySplit("k", { default: head, routes: { gold: single| } });`,
    "embedded.randomSplit([[1, |]]);",
    "embedded.select(|);",
  ].map((source): Completion => ({ source, offers: [], andNames: true })),
];
