// A union among the arguments of a step stands for one of its members: `on ? head : scorer`. `on` and `also` are
// booleans.

/**
 * A pipeline that the types refuse because one member of a union does not fit. `▸` marks the start of the compiler's
 * error, and `text` is its message. `build()` reports `text` for at least one value of `on` and `also`.
 */
export interface RefusedUnion {
  readonly source: string;
  readonly text: string;
  /** The later step that an edit breaks: the compiler's message starts with `step 2: `. */
  readonly step?: number;
}

const noScorer =
  "model 'scorer' input 'x' expects float32[batch, 10] but step 0 (model 'embed') produces float32[batch, 12]";
const otherBroad =
  "model 'broad' output 'y' is float32[batch, 2] but that of model 'head' of the same split is float32[batch, 1]";

const f = (size: number): string => `{ dtype: "float32", shape: ["batch", ${size}] }`;
const defined = (inputs: string, outputs: string): string =>
  `defineModel({ name: "c", sha256: "${"0".repeat(64)}", inputs: ${inputs}, outputs: ${outputs} })`;

export const refusedUnions: readonly RefusedUnion[] = [
  // models
  { source: `pipeline("p").model(embed).model(▸on ? head : scorer)`, text: noScorer },
  { source: `pipeline("p").model(embed).model(▸on ? scorer : head)`, text: noScorer },
  {
    source: `pipeline("p").model(embed).model(▸on ? scorer : ids)`,
    text: "model 'ids' input 'ids' expects int64[batch, 12] but step 0 (model 'embed') produces float32[batch, 12]",
  },
  {
    source: `pipeline("p").model(on ? embed : head).model(▸head)`,
    text: "model 'head' input 'x' expects float32[batch, 12] but step 0 (model 'head') produces float32[batch, 1]",
  },
  {
    source: `pipeline("p").model(embed).model(on ? head : head2).model(▸also ? loose : cube)`,
    text: "model 'cube' input 'x' expects float32[batch, 12, 3] but step 1 (model 'head') produces float32[batch, 1]",
  },
  {
    source: `pipeline("p").model(embed).model(on ? head : split).model(▸loose)`,
    text: "model 'loose' needs input 'x' but step 1 (model 'split') produces only 'a', 'b'",
  },
  {
    source: `pipeline("p").model(embed).model(on ? thirty : split).model(▸pair)`,
    text: "model 'pair' binds 'n' to 7 in input 'b' but to 32 in input 'a'",
  },
  {
    source: `pipeline("p").model(embed).model(on ? head : head2).validate("v", (x) => true).model(▸head)`,
    text: "model 'head' input 'x' expects float32[batch, 12] but step 1 (model 'head') produces float32[batch, 1]",
  },
  // champions and challengers
  { source: `pipeline("p").model(embed).shadow(▸on ? head : scorer, [head2])`, text: noScorer },
  { source: `pipeline("p").model(embed).shadow(head, [▸on ? head2 : scorer])`, text: noScorer },
  {
    source: `pipeline("p").model(embed).shadow(on ? head : head2, [▸head])`,
    text: "model 'head' occurs twice in one shadow step",
  },
  {
    source: `pipeline("p").model(embed).shadow(head, [on ? head2 : broad]).model(loose).shadow(loose2, [▸broad])`,
    text: "challenger 'broad' already runs in an earlier shadow step",
  },
  // several models
  { source: `pipeline("p").model(embed).models([head, ▸on ? head2 : scorer])`, text: noScorer },
  {
    source: `pipeline("p").model(embed).models([head, ▸on ? head : head2])`,
    text: "model 'head' occurs twice in one models step",
  },
  {
    source: `pipeline("p").model(embed).models([head, on ? head2 : broad]).select(1).model(▸single)`,
    text: "model 'single' input 'x' expects float32[1, 12] but step 1 (model 'broad') produces float32[batch, 2]",
  },
  // splits
  {
    source: `pipeline("p").model(embed).keySplit("k", { ▸default: on ? head : scorer, routes: { gold: twin } })`,
    text: noScorer,
  },
  {
    source: `pipeline("p").model(embed).keySplit("k", { default: head, routes: { ▸gold: on ? twin : scorer } })`,
    text: noScorer,
  },
  {
    source: `pipeline("p").model(embed).keySplit("k", { default: head, routes: { ▸gold: on ? twin : broad } })`,
    text: otherBroad,
  },
  { source: `pipeline("p").model(embed).randomSplit([[1, head], [1, ▸on ? twin : scorer]])`, text: noScorer },
  { source: `pipeline("p").model(embed).randomSplit([[1, head], [1, ▸on ? twin : broad]])`, text: otherBroad },
  {
    source: `pipeline("p").model(embed).randomSplit([[▸on ? 1 : 0, head], [1, twin]])`,
    text: "the weight of model 'head' must be a number above 0, not 0",
  },
  {
    source: `pipeline("p").model(embed).randomSplit([[1, head], [1, ▸on ? twin : head]])`,
    text: "model 'head' occurs twice in one random split",
  },
  {
    source: `pipeline("p").model(embed).keySplit("k", { default: head, ▸routes: on ? { gold: twin } : {} })`,
    text: "a key split needs at least one route",
  },
  // selections, sizes, durations
  {
    source: `pipeline("p").models([head, head2]).select(▸on ? 0 : 2)`,
    text: "select 2 is out of range: step 0 produces the outputs of 2 models, counted from 0",
  },
  {
    source: `pipeline("p").models([head, head2]).select(on ? 0 : 1).model(▸single)`,
    text: "model 'single' input 'x' expects float32[1, 12] but step 0 (model 'head') produces float32[batch, 1]",
  },
  {
    source: `pipeline("p").model(encoder).refine({ ▸seq: on ? 64 : 0 })`,
    text: "cannot refine 'seq' to 0: a size is a whole number of 1 or more",
  },
  {
    source: `pipeline("p").model(encoder).refine({ seq: on ? 64 : 128 }).model(▸pool)`,
    text: "model 'pool' input 'h' expects float32[batch, 128, ?] but step 0 (model 'encoder') produces float32[batch, 64, encoder.k]",
  },
  {
    source: `pipeline("p").model(on ? encoder : embed).refine({ ▸seq: 128 })`,
    text: "cannot refine 'seq': step 0 (model 'embed') produces no symbols",
  },
  {
    source: `pipeline("p").model(embed).alert("a", (all) => true, { ▸over: on ? "5m" : "5 m" })`,
    text: "'over' is not a duration: '5 m'; write a whole number and s, m, h or d, from '1s' to '30d'",
  },
  // sources: a step with a union is refused at the model
  {
    source: `pipeline("p").model(embed).model(on ? head : head2).model(▸loose, { x: "y" })`,
    text: "model 'loose' input 'x' cannot come from 'y': step 1 (model 'head-2') produces only 'p'",
  },
  {
    source: `pipeline("p").model(embed).model(on ? thirty : split).model(▸pair, { a: "b", b: "a" })`,
    text: "model 'pair' binds 'n' to 32 in input 'b' but to 7 in input 'a'",
  },
  {
    source: `pipeline("p").model(embed).model(split).model(▸pair, { a: on ? "a" : "b" })`,
    text: "model 'pair' binds 'n' to 7 in input 'b' but to 32 in input 'a'",
  },
  // one of several records, or a property that may be absent
  {
    source: `pipeline("p").model(embed).model(thirty).model(▸loose, { x: on ? "a" : "zz" })`,
    text: "model 'loose' input 'x' cannot come from 'zz': step 1 (model 'thirty') produces only 'a', 'b'",
  },
  {
    source: `pipeline("p").model(embed).model(split).model(▸pair, { ...(on ? { a: "b" } : {}) })`,
    text: "model 'pair' binds 'n' to 7 in input 'b' but to 32 in input 'a'",
  },
  {
    source: `pipeline("p").model(embed).model(split).model(▸pair, { a: "b", ...(on ? { b: "a" } : {}) })`,
    text: "model 'pair' binds 'n' to 32 in input 'b' but to 7 in input 'a'",
  },
  {
    source: `pipeline("p").model(embed).model(▸head, { x: on ? "embedding" : "in.image" })`,
    text: "model 'head' input 'x' expects float32[batch, 12] but request column 'image' has float32[batch, 64]",
  },
  {
    source: `pipeline("p").model(embed).model(▸head, { x: on ? "embedding" : constant([1, 2]) })`,
    text: "model 'head' input 'x' expects float32[batch, 12] but the constant is float32[batch, 2]",
  },
  {
    source: `pipeline("p").model(encoder).refine(▸on ? { seq: 64 } : { seq: 0 })`,
    text: "cannot refine 'seq' to 0: a size is a whole number of 1 or more",
  },
  {
    source: `pipeline("p").model(encoder).refine(▸on ? { seq: 64 } : {})`,
    text: "a refine step needs at least one symbol",
  },
  {
    source: `pipeline("p").model(encoder).refine(▸{ ...(on ? { zz: 64 } : { seq: 64 }) })`,
    text: "cannot refine 'zz': step 0 (model 'encoder') produces only 'encoder.k', 'seq'",
  },
  {
    source: `pipeline("p").model(embed).keySplit(▸on ? "k" : "", { default: head, routes: { gold: twin } })`,
    text: "the key of a key split must be a string that is not empty",
  },
  // a source that names one of several models
  {
    source: `pipeline("p").model(embed).model(on ? head : twin).model(▸loose, { x: "head.y" })`,
    text: "model 'loose' input 'x' cannot come from 'head.y': no earlier step runs a model 'head', only 'embed', 'twin'",
  },
  {
    source: `pipeline("p").model(embed).shadow(head, [on ? head2 : broad]).model(▸loose, { x: "head-2.p" })`,
    text: "model 'loose' input 'x' cannot come from 'head-2.p': no earlier step runs a model 'head-2', only 'broad', 'embed', 'head'",
  },
  // ports that may be absent
  {
    source: `pipeline("p").model(split).model(▸${defined(`{ a: ${f(32)}, ...(on ? { q: ${f(7)} } : {}) }`, `{ z: ${f(1)} }`)})`,
    text: "model 'c' needs input 'q' but step 0 (model 'split') produces only 'a', 'b'",
  },
  {
    source: `pipeline("p").model(${defined(`{ x: ${f(64)} }`, `{ a: ${f(7)}, ...(on ? { b: ${f(7)} } : {}) }`)}).model(▸pair)`,
    text: "model 'pair' needs input 'b' but step 0 (model 'c') produces only 'a'",
  },
  {
    source: `pipeline("p").model(embed).model(▸${defined(`{ x: { dtype: "float32", shape: on ? (["batch", 12] as const) : (["batch", 11] as const) } }`, `{ z: ${f(1)} }`)})`,
    text: "model 'c' input 'x' expects float32[batch, 11] but step 0 (model 'embed') produces float32[batch, 12]",
  },
  {
    source: `pipeline("p", { inputs: { image: ${f(64)}, ...(on ? { y: ${f(12)} } : {}) } }).model(embed).model(head, { ▸x: "in.y" })`,
    text: "model 'head' input 'x' cannot come from 'in.y': the request has only 'image'; state further columns in pipeline(name, { inputs: { … } })",
  },
  // edits
  {
    source: `pipeline("p").model(embed).model(head).replaceStep(on ? 0 : 1, (at) => ▸at.model(head))`,
    step: 1,
    text: "model 'head' input 'x' expects float32[batch, 12] but step 0 (model 'head') produces float32[batch, 1]",
  },
  {
    source: `pipeline("p").model(embed).model(head).validate("v", (x) => x.out < 1).replaceStep(on ? 1 : 2, (at) => ▸at.validate("w", (x) => x.in.image[0] < 1))`,
    step: 2,
    text: "validation 'v' was written for another row: x.out.y is gone",
  },
  {
    source: `pipeline("p").model(embed).model(head).insertStep(on ? 1 : 0, (at) => ▸at.validate("v", (x) => x.in.image[0] < 1))`,
    text: "validation 'v' needs an inference step before it",
  },
  {
    source: `pipeline("p").model(embed).model(head).replaceStep(▸on ? 1 : 2, (at) => at.model(head))`,
    text: "replaceStep 2 is out of range: the pipeline has 2 steps, counted from 0",
  },
  {
    source: `pipeline("p").model(embed).model(head).removeStep(▸on ? 1 : 2)`,
    text: "removeStep 2 is out of range: the pipeline has 2 steps, counted from 0",
  },
  {
    source: `pipeline("p").model(embed).model(head).insertStep(▸on ? 2 : 3, (at) => at.model(loose))`,
    text: "insertStep 3 is out of range: the pipeline has 2 steps, counted from 0",
  },
  {
    source: `pipeline("p").model(embed).model(head).validate("v", (x) => x.out.y[0] < 1).replaceStep(1, (at) => ▸on ? at.model(twin) : at.model(head2))`,
    step: 2,
    text: "validation 'v' was written for another row: x.out.y is gone",
  },
  {
    source: `pipeline("p").model(embed).model(head).validate("v", (x) => x.out.y[0] < 1).replaceStep(1, (at) => ▸at.model(on ? twin : head2))`,
    step: 2,
    text: "validation 'v' was written for another row: x.out.y is gone",
  },
  {
    source: `pipeline("p").model(head).model(loose).insertStep(0, (at) => ▸at.model(on ? embed : scorer))`,
    step: 1,
    text: "model 'head' input 'x' expects float32[batch, 12] but step 0 (model 'scorer') produces float32[batch, 1]",
  },
  // an edit at one of several indices: one error, in the callback where the step itself does not fit
  {
    source: `pipeline("p").model(embed).validate("v", (x) => x.in.image[0] < 1).model(loose).insertStep(on ? 1 : 2, (at) => at.model(▸scorer))`,
    text: noScorer,
  },
  {
    source: `pipeline("p").model(embed).validate("v", (x) => x.out[0] < 1).model(head).insertStep(on ? 1 : 3, (at) => at.validate(▸"v", (x) => true))`,
    text: "validation name 'v' is taken: choose another",
  },
  {
    source: `pipeline("p").model(embed).model(head).insertStep(on ? 1 : 2, (at) => at.select(▸0))`,
    text: ".select() needs a .models() step before it, with nothing selected yet",
  },
  // the name of a request column is one of several
  {
    source: `pipeline("p").model(scorer, { x: on ? "q" : "r" }).model(loose, { ▸x: "in.q" })`,
    text: "model 'loose' input 'x' cannot come from 'in.q': the request has only 'r'; state further columns in pipeline(name, { inputs: { … } })",
  },
  {
    source: `pipeline("p").model(▸${defined(`{ x: { dtype: "float32", shape: ["batch", "n"] }, z: ${f(12)} }`, `{ y: { dtype: "float32", shape: ["batch", "n"] } }`)}, { x: on ? "q" : "z" })`,
    text: "model 'c' input 'z' expects float32[batch, 12] but the pipeline's input has float32[batch, n]; refine 'n' to 12",
  },
  {
    source: `pipeline("p").model(embed).validate("v", (x) => x.in.image[0] < 1).replaceStep(0, (at) => ▸at.model(embed, { image: on ? "a" : "image" }))`,
    step: 1,
    text: "validation 'v' was written for another row: x.in.image is gone",
  },
  {
    source: `pipeline("p").model(embed).model(head).replaceStep(1, (at) => (on ? at.model(head2) : at.model(broad))).model(▸single)`,
    text: "model 'single' input 'x' expects float32[1, 12] but step 1 (model 'broad') produces float32[batch, 2]",
  },
];

/**
 * A lambda that the types refuse because it reads what one member of a union does not have. The words are the
 * compiler's own.
 */
export const refusedReads: readonly string[] = [
  `pipeline("p").model(embed).model(on ? head : head2).validate("v", (x) => x.out.▸y[0] < 1)`,
  `pipeline("p").model(on ? embed : head).validate("v", (x) => x.in.▸image[0] < 1)`,
  `pipeline("p").models([head, head2]).select(on ? 0 : 1).validate("v", (x) => x.out.▸y[0] < 1)`,
  `pipeline("p").model(scorer, { x: on ? "q" : "r" }).validate("v", (x) => x.in.▸q[0] < 1)`,
  `pipeline("p").model(embed).shadow(head, [on ? head2 : broad]).validate("v", (x) => x.models.▸broad.y[0] < 1)`,
  `pipeline("p").model(embed).shadow(head, [head2, ...(on ? [broad] : [])]).validate("v", (x) => x.models.▸broad.y[0] < 1)`,
  `pipeline("p").models([head, ...(on ? [broad] : [])]).validate("v", (x) => x.models.▸broad.y[0] < 1)`,
];

/** A pipeline that the types accept: `build()` finds no problem, whatever `on` and `also` are. */
export const acceptedUnions: readonly string[] = [
  `pipeline("p").model(embed).model(on ? head : head2)`,
  `pipeline("p").model(on ? embed : head).model(loose)`,
  `pipeline("p").model(embed).model(on ? head : head2).model(loose)`,
  `pipeline("p").model(embed).model(on ? head : head2).model(also ? loose : loose2)`,
  `pipeline("p").model(embed).model(on ? thirty : head).model(loose, { x: constant([1]) })`,
  `pipeline("p").model(embed).model(on ? head : head2).validate("v", (x) => x.in.image[0] < 1)`,
  `pipeline("p").model(embed).model(on ? head : broad).validate("v", (x) => x.out.y[0] < 1)`,
  `pipeline("p").model(embed).shadow(on ? head : twin, [head2])`,
  `pipeline("p").model(embed).shadow(head, [on ? head2 : broad])`,
  `pipeline("p").model(embed).models([head, on ? head2 : broad]).select(1).model(loose)`,
  `pipeline("p").model(embed).keySplit("k", { default: on ? head : twin, routes: { gold: also ? head : twin } })`,
  `pipeline("p").model(embed).keySplit("k", { default: head, routes: on ? { gold: twin } : { red: twin } })`,
  `pipeline("p").model(embed).keySplit("k", { default: head, routes: { gold: twin, ...(on ? { red: twin } : {}) } })`,
  `pipeline("p").models([head, head2]).select(on ? 0 : 1).model(loose)`,
  `pipeline("p").model(embed).model(thirty).model(pair, { a: on ? "a" : "b" })`,
  `pipeline("p").model(embed).model(on ? thirty : split).model(loose, { x: also ? "a" : "b" })`,
  `pipeline("p").model(embed).model(on ? head : twin).model(loose, { x: "y" }).model(on ? loose : loose2)`,
  `pipeline("p").model(embed).model(head).replaceStep(1, (at) => (on ? at.model(head2) : at.model(broad))).model(loose)`,
  `pipeline("p").model(embed).model(head).replaceStep(1, (at) => at.model(on ? head2 : broad)).model(loose)`,
  `pipeline("p").model(embed).model(twin).model(loose).removeStep(on ? 1 : 0)`,
  `pipeline("p").model(embed).model(loose).model(loose2).removeStep(on ? 1 : 2).model(loose)`,
  `pipeline("p").model(embed).model(head).removeStep(on ? 0 : 1).model(loose)`,
  `pipeline("p").model(encoder).refine({ seq: on ? 64 : 128 }).validate("v", (x) => x.out.hidden.length > 0)`,
  `pipeline("p").model(embed).shadow(head, [head2, ...(on ? [broad] : [])]).validate("v", (x) => x.models["head-2"].p[0] < 1)`,
  `pipeline("p").model(embed).alert("a", (all) => true, { over: on ? "5m" : "5h", for: also ? "1m" : "2m" })`,
  `pipeline("p").model(embed).randomSplit([[on ? 1 : 2, head], [1, twin]])`,
  `pipeline("p").model(embed).model(thirty).model(loose, { x: on ? "a" : "b" })`,
  `pipeline("p").model(embed).model(head).model(loose, { x: on ? "embed.embedding" : "y" })`,
  `pipeline("p").model(embed).models([head, on ? head2 : broad]).select(0).model(loose, { x: "head.y" })`,
  `pipeline("p").model(embed).model(head, { x: on ? "embedding" : constant([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) })`,
  `pipeline("p").model(embed).model(head, { x: on ? "embedding" : constant(Array.from({ length: 12 }, () => 1)) }).model(loose)`,
  `pipeline("p").model(embed).model(head).model(loose, { x: on ? "y" : also ? "embed.embedding" : constant([1, 2]) })`,
  `pipeline("p").model(encoder).refine(on ? { seq: 64 } : { seq: 128 })`,
  `pipeline("p").model(split).model(${defined(`{ a: ${f(32)}, ...(on ? { b: ${f(7)} } : {}) }`, `{ z: ${f(1)} }`)})`,
  `pipeline("p").model(${defined(`{ x: ${f(64)} }`, `{ a: ${f(7)}, ...(on ? { b: ${f(7)} } : {}) }`)}).validate("v", (x) => x.out.a[0] < 1)`,
  `pipeline("p", { inputs: { image: ${f(64)}, ...(on ? { y: ${f(12)} } : {}) } }).model(embed)`,
  `pipeline("p").model(embed).model(head).model(loose).replaceStep(on ? 1 : 2, (at) => at.model(loose2)).validate("v", () => true)`,
  `pipeline("p").model(embed).model(head).insertStep(on ? 1 : 2, (at) => at.alert("v", (all) => all.avg((x) => x.in.image[0]) < 1, { over: "5m" }))`,
  // the name of a request column is one of several
  `pipeline("p").model(scorer, { x: on ? "q" : "r" }).validate("v", (x) => x.out < 1)`,
  `pipeline("p").model(${defined(`{ x: { dtype: "float32", shape: ["batch", "n"] }, z: ${f(12)} }`, `{ y: { dtype: "float32", shape: ["batch", "n"] } }`)}, { x: "q", ...(on ? { z: "w" } : {}) }).validate("v", (x) => x.in.q.length > 0)`,
  `pipeline("p").model(${defined(`{ x: { dtype: "float32", shape: ["batch", "n"] }, z: ${f(12)} }`, `{ y: { dtype: "float32", shape: ["batch", "n"] } }`)}, { x: on ? "q" : "r" }).refine({ n: 3 }).validate("v", (x) => x.out.y[0] < 1)`,
  `pipeline("p").model(${defined(`{ x: { dtype: "float32", shape: ["batch", "n"] }, z: ${f(12)} }`, `{ y: { dtype: "float32", shape: ["batch", "n"] } }`)}, { x: on ? "q" : "r" }).model(loose).replaceStep(1, (at) => at.model(loose2))`,
  `pipeline("p").model(embed).model(head).replaceStep(0, (at) => at.model(embed, { image: on ? "a" : "b" }))`,
];
