import { importable } from "./compilers.js";

/**
 * A pipeline that the types refuse and for which `checkPipeline` reports the same message. `source` is a JavaScript
 * expression; `▸` marks the start of the compiler's error. `given` is the argument's type as the compiler prints it.
 */
export interface Refused {
  readonly source: string;
  readonly given: string;
  readonly text: string;
  readonly code: `SL2${string}`;
  /** The later step that an edit breaks: the compiler's message starts with `step 2: `. */
  readonly step?: number;
}

const image = `{ inputs: { image: { dtype: "float32", shape: ["batch", 60] } } }`;
const tokens = `{ inputs: { image: { dtype: "float32", shape: ["batch", 64] }, prefix: { dtype: "int64", shape: ["batch", 4] }, ids: { dtype: "int64", shape: ["batch", 5] } } }`;
const table = `{ inputs: { a: { dtype: "float32", shape: ["batch", 32] }, b: { dtype: "float32", shape: ["batch", 7] } } }`;

/** The values that a row of 64 float32 takes. */
const imageRow = "Float32Array<ArrayBufferLike> | ShapedInput<Float32Array<ArrayBufferLike>> | readonly number[]";

export const refused: readonly Refused[] = [
  // sizes, ranks, dtypes
  {
    code: "SL2012",
    given: "Scorer",
    source: `pipeline("p").model(embed).model(▸scorer)`,
    text: "model 'scorer' input 'x' expects float32[batch, 10] but step 0 (model 'embed') produces float32[batch, 12]",
  },
  {
    code: "SL2012",
    given: "Scorer",
    source: `pipeline("p").model(embed).model(head).model(▸scorer)`,
    text: "model 'scorer' input 'x' expects float32[batch, 10] but step 1 (model 'head') produces float32[batch, 1]",
  },
  {
    code: "SL2012",
    given: "Scorer",
    source: `pipeline("p")\n  .model(embed)\n  .validate("v", (x) => true)\n  .model(▸scorer)`,
    text: "model 'scorer' input 'x' expects float32[batch, 10] but step 0 (model 'embed') produces float32[batch, 12]",
  },
  {
    code: "SL2012",
    given: "Embed",
    source: `pipeline("p", ${image}).model(▸embed)`,
    text: "model 'embed' input 'image' expects float32[batch, 64] but the pipeline's input has float32[batch, 60]",
  },
  {
    code: "SL2012",
    given: "Scorer",
    source: `pipeline("p").model(embed).model(▸scorer, { x: "embedding" })`,
    text: "model 'scorer' input 'x' expects float32[batch, 10] but step 0 (model 'embed') produces float32[batch, 12]",
  },
  {
    code: "SL2011",
    given: "Head",
    source: `pipeline("p").model(single).model(▸head)`,
    text: "model 'head' input 'x' expects float32[batch, 12] but step 0 (model 'single') produces float32[1, 2]",
  },
  {
    code: "SL2012",
    given: "Single",
    source: `pipeline("p").model(single).model(▸single)`,
    text: "model 'single' input 'x' expects float32[1, 12] but step 0 (model 'single') produces float32[1, 2]",
  },
  {
    code: "SL2010",
    given: "Ids",
    source: `pipeline("p").model(embed).model(▸ids)`,
    text: "model 'ids' input 'ids' expects int64[batch, 12] but step 0 (model 'embed') produces float32[batch, 12]",
  },
  {
    code: "SL2010",
    given: "Head",
    source: `pipeline("p").model(ids).model(▸head)`,
    text: "model 'head' input 'x' expects float32[batch, 12] but step 0 (model 'ids') produces int64[batch]",
  },
  {
    code: "SL2010",
    given: "Encoder",
    source: `pipeline("p", ${image}).model(▸encoder, { tokens: "image" })`,
    text: "model 'encoder' input 'tokens' expects int64[batch, seq] but the pipeline's input has float32[batch, 60]",
  },
  {
    code: "SL2011",
    given: "Cube",
    source: `pipeline("p").model(embed).model(▸cube)`,
    text: "model 'cube' input 'x' expects float32[batch, 12, 3] but step 0 (model 'embed') produces float32[batch, 12]",
  },
  {
    code: "SL2011",
    given: "Head",
    source: `pipeline("p").model(cube).model(▸head)`,
    text: "model 'head' input 'x' expects float32[batch, 12] but step 0 (model 'cube') produces float32[batch, 12, 3]",
  },
  {
    code: "SL2011",
    given: "Scalar",
    source: `pipeline("p").model(embed).model(▸scalar)`,
    text: "model 'scalar' input 't' expects float32[] but step 0 (model 'embed') produces float32[batch, 12]",
  },
  {
    code: "SL2011",
    given: "Pool",
    source: `pipeline("p").model(loose).model(▸pool)`,
    text: "model 'pool' input 'h' expects float32[batch, 128, ?] but step 0 (model 'loose') produces float32[batch, ?]",
  },
  // the row axis
  {
    code: "SL2011",
    given: "Head",
    source: `pipeline("p").model(matrix).model(▸head)`,
    text: "model 'head' input 'x' expects float32[batch, 12] but step 0 (model 'matrix') produces float32[2, 3]",
  },
  {
    code: "SL2011",
    given: "Stateful",
    source: `pipeline("p").model(stateful).model(▸stateful, { x: "y", state: "y" })`,
    text: "model 'stateful' input 'state' expects float32[2, batch, 3] but step 0 (model 'stateful') produces float32[batch, 4]",
  },
  // null for NaN
  {
    code: "SL2041",
    given: `"nan"`,
    source: `pipeline("p", { inputs: { id: { dtype: "int64", shape: ["batch"] }, a: { dtype: "float32", shape: ["batch", 64] } }, missing: { a: "nan", ▸id: "nan" } }).model(embed, { image: "a" })`,
    text: "'missing' names 'id', but the pipeline's float columns are 'a'",
  },
  {
    code: "SL2041",
    given: `"nan"`,
    source: `pipeline("p", { inputs: { id: { dtype: "int64", shape: ["batch"] } }, missing: { ▸id: "nan" } }).model(ids)`,
    text: "'missing' names 'id', but the pipeline's float columns are none",
  },
  // symbols
  {
    code: "SL2013",
    given: "Pool",
    source: `pipeline("p").model(encoder).model(▸pool)`,
    text: "model 'pool' input 'h' expects float32[batch, 128, ?] but step 0 (model 'encoder') produces float32[batch, seq, encoder.k]; refine 'seq' to 128",
  },
  {
    code: "SL2013",
    given: "Wide",
    source: `pipeline("p").model(encoder).model(▸wide)`,
    text: "model 'wide' input 'h' expects float32[batch, len, 768] but step 0 (model 'encoder') produces float32[batch, seq, encoder.k]; refine 'encoder.k' to 768",
  },
  {
    code: "SL2011",
    given: "Single",
    source: `pipeline("p").model(embed).model(▸single)`,
    text: "model 'single' input 'x' expects float32[1, 12] but step 0 (model 'embed') produces float32[batch, 12]",
  },
  {
    code: "SL2013",
    given: "Head",
    source: `pipeline("p").model(pair).model(▸head)`,
    text: "model 'head' input 'x' expects float32[batch, 12] but step 0 (model 'pair') produces float32[batch, n]; refine 'n' to 12",
  },
  {
    code: "SL2015",
    given: "Pair",
    source: `pipeline("p").model(split).model(▸pair)`,
    text: "model 'pair' binds 'n' to 7 in input 'b' but to 32 in input 'a'",
  },
  {
    code: "SL2015",
    given: "Pair",
    source: `pipeline("p", ${table}).model(▸pair)`,
    text: "model 'pair' binds 'n' to 7 in input 'b' but to 32 in input 'a'",
  },
  {
    code: "SL2015",
    given: "Pair",
    source: `pipeline("p").model(split).model(▸pair, { a: "b", b: "a" })`,
    text: "model 'pair' binds 'n' to 32 in input 'b' but to 7 in input 'a'",
  },
  {
    code: "SL2015",
    given: "Square",
    source: `pipeline("p").model(cube).model(▸square)`,
    text: "model 'square' binds 'n' to 3 in input 'm' but to 12 in input 'm'",
  },
  {
    code: "SL2015",
    given: "Square",
    source: `pipeline("p").model(encoder).model(▸square)`,
    text: "model 'square' binds 'n' to encoder.k in input 'm' but to seq in input 'm'",
  },
  // missing ports
  {
    code: "SL2014",
    given: "Join",
    source: `pipeline("p").model(embed).model(▸join)`,
    text: "model 'join' needs input 'a' but step 0 (model 'embed') produces only 'embedding'",
  },
  {
    code: "SL2014",
    given: "Join",
    source: `pipeline("p").model(split).model(▸join)`,
    text: "model 'join' needs input 'k' but step 0 (model 'split') produces only 'a', 'b'",
  },
  {
    code: "SL2014",
    given: "Head",
    source: `pipeline("p").model(many).model(▸head)`,
    text: "model 'head' needs input 'x' but step 0 (model 'many') produces only 'A', 'p_1', 'p_10', 'p_2', 'q', …",
  },
  {
    code: "SL2014",
    given: "Join",
    source: `pipeline("p", ${table}).model(▸join)`,
    text: "model 'join' needs input 'k' but the pipeline's input has only 'a', 'b'",
  },
  // renamings
  {
    code: "SL2016",
    given: `"embedding"`,
    source: `pipeline("p").model(embed).model(head, { ▸xx: "embedding" })`,
    text: "model 'head' has no input 'xx', only 'x'",
  },
  {
    code: "SL2016",
    given: `"tensor"`,
    source: `pipeline("p").model(pair, { ▸c: "tensor" })`,
    text: "model 'pair' has no input 'c', only 'a', 'b'",
  },
  {
    code: "SL2017",
    given: `"flatten_1"`,
    source: `pipeline("p").model(embed).model(head, { ▸x: "flatten_1" })`,
    text: "model 'head' input 'x' cannot come from 'flatten_1': step 0 (model 'embed') produces only 'embedding'",
  },
  {
    code: "SL2017",
    given: `"tensor"`,
    source: `pipeline("p", ${image}).model(embed, { ▸image: "tensor" })`,
    text: "model 'embed' input 'image' cannot come from 'tensor': the pipeline's input has only 'image'",
  },
  {
    code: "SL2017",
    given: `"nothing"`,
    source: `pipeline("p").model(split).model(pair, { a: "a", ▸b: "nothing" })`,
    text: "model 'pair' input 'b' cannot come from 'nothing': step 0 (model 'split') produces only 'a', 'b'",
  },
  {
    code: "SL2017",
    given: `"nothing"`,
    source: `pipeline("p").model(embed).model(square, { ▸m: "nothing" })`,
    text: "model 'square' input 'm' cannot come from 'nothing': step 0 (model 'embed') produces only 'embedding'",
  },
  {
    code: "SL2012",
    given: "Join",
    source: `pipeline("p").model(▸join, { a: "t", k: "t" })`,
    text: "model 'join' input 'k' expects float32[batch, 5] but the pipeline's input has float32[batch, 32]",
  },
  // sources: request columns
  {
    code: "SL2017",
    given: `"in.prefx"`,
    source: `pipeline("p", ${tokens}).model(embed).model(decoder, { hidden: "embedding", ▸prefix: "in.prefx", rate: constant(1n) })`,
    text: "model 'decoder' input 'prefix' cannot come from 'in.prefx': the request has only 'ids', 'image', 'prefix'; state further columns in pipeline(name, { inputs: { … } })",
  },
  {
    code: "SL2017",
    given: `"in.prefix"`,
    source: `pipeline("p").model(embed).model(decoder, { hidden: "embedding", ▸prefix: "in.prefix", rate: constant(1n) })`,
    text: "model 'decoder' input 'prefix' cannot come from 'in.prefix': the request has only 'image'; state further columns in pipeline(name, { inputs: { … } })",
  },
  {
    code: "SL2017",
    given: `"prefix"`,
    source: `pipeline("p", ${tokens}).model(embed).model(decoder, { hidden: "embedding", ▸prefix: "prefix", rate: constant(1n) })`,
    text: "model 'decoder' input 'prefix' cannot come from 'prefix': step 0 (model 'embed') produces only 'embedding'; the request's column is 'in.prefix'",
  },
  {
    code: "SL2012",
    given: `"in.ids"`,
    source: `pipeline("p", ${tokens}).model(embed).model(decoder, { ▸prefix: "in.ids", rate: constant(1n) })`,
    text: "model 'decoder' input 'prefix' expects int64[batch, 4] but request column 'ids' has int64[batch, 5]",
  },
  {
    code: "SL2010",
    given: `"in.image"`,
    source: `pipeline("p", ${tokens}).model(embed).model(decoder, { ▸prefix: "in.image", rate: constant(1n) })`,
    text: "model 'decoder' input 'prefix' expects int64[batch, 4] but request column 'image' has float32[batch, 64]",
  },
  {
    code: "SL2014",
    given: "Decoder",
    source: `pipeline("p", ${tokens}).model(embed).model(▸decoder, { rate: constant(1n) })`,
    text: "model 'decoder' needs input 'hidden' but step 0 (model 'embed') produces only 'embedding'",
  },
  {
    code: "SL2012",
    given: "Decoder",
    source: `pipeline("p", ${tokens}).model(embed).model(head).model(▸decoder, { prefix: "in.prefix", rate: constant(1n) })`,
    text: "model 'decoder' input 'hidden' expects float32[batch, 12] but step 1 (model 'head') produces float32[batch, 1]",
  },
  // sources: outputs of earlier steps
  {
    code: "SL2017",
    given: `"embed.embeddings"`,
    source: `pipeline("p").model(embed).model(head).model(head2, { ▸input: "embed.embeddings" })`,
    text: "model 'head-2' input 'input' cannot come from 'embed.embeddings': model 'embed' produces only 'embedding'",
  },
  {
    code: "SL2017",
    given: `"embd.embedding"`,
    source: `pipeline("p").model(embed).model(head2).model(head, { ▸x: "embd.embedding" })`,
    text: "model 'head' input 'x' cannot come from 'embd.embedding': no earlier step runs a model 'embd', only 'embed', 'head-2'",
  },
  {
    code: "SL2012",
    given: `"embed.embedding"`,
    source: `pipeline("p").model(embed).model(head).model(scorer, { ▸x: "embed.embedding" })`,
    text: "model 'scorer' input 'x' expects float32[batch, 10] but model 'embed' output 'embedding' is float32[batch, 12]",
  },
  {
    code: "SL2012",
    given: `"head-2.p"`,
    source: `pipeline("p").model(embed).shadow(head, [head2]).model(scorer, { ▸x: "head-2.p" })`,
    text: "model 'scorer' input 'x' expects float32[batch, 10] but model 'head-2' output 'p' is float32[batch, 3]",
  },
  {
    code: "SL2017",
    given: `"twin.y"`,
    source: `pipeline("p").keySplit("k", { default: head, routes: { gold: twin } }).model(loose2).model(head, { ▸x: "twin.y" })`,
    text: "model 'head' input 'x' cannot come from 'twin.y': the split of step 0 runs 'twin' for some requests only; read 'y' in the step after the split",
  },
  // sources: constants
  {
    code: "SL2019",
    given: "Constant<16000>",
    source: `pipeline("p", ${tokens}).model(embed).model(decoder, { prefix: "in.prefix", ▸rate: constant(16000) })`,
    text: "model 'decoder' input 'rate' expects int64[]: its constant must hold bigints such as 16000n, not numbers",
  },
  {
    code: "SL2019",
    given: "Constant<16000>",
    source: `pipeline("p").model(decoder, { ▸rate: constant(16000) })`,
    text: "model 'decoder' input 'rate' expects int64[]: its constant must hold bigints such as 16000n, not numbers",
  },
  {
    code: "SL2012",
    given: "Constant<readonly [0.5, 2]>",
    source: `pipeline("p").model(scale, { ▸factors: constant([0.5, 2]) })`,
    text: "model 'scale' input 'factors' expects float32[3] but the constant is float32[2]",
  },
  {
    code: "SL2011",
    given: "Constant<readonly [readonly [1, 2, 3]]>",
    source: `pipeline("p").model(embed).model(scale, { ▸factors: constant([[1, 2, 3]]) })`,
    text: "model 'scale' input 'factors' expects float32[3] but the constant is float32[1, 3]",
  },
  {
    code: "SL2012",
    given: "Constant<readonly [1n, 2n]>",
    source: `pipeline("p").model(embed).model(decoder, { ▸prefix: constant([1n, 2n]), rate: constant(1n) })`,
    text: "model 'decoder' input 'prefix' expects int64[batch, 4] but the constant is int64[batch, 2]",
  },
  {
    code: "SL2019",
    given: "Constant<readonly [1, true, 3]>",
    source: `pipeline("p").model(embed).model(scale, { ▸factors: constant([1, true, 3]) })`,
    text: "model 'scale' input 'factors' expects float32[3]: its constant must hold numbers, not booleans",
  },
  {
    code: "SL2019",
    given: "Constant<Float64Array<ArrayBuffer>>",
    source: `pipeline("p").model(embed).model(scale, { ▸factors: constant(Float64Array.of(1, 2, 3)) })`,
    text: "model 'scale' input 'factors' expects float32[3]: its constant must hold a Float32Array, not a Float64Array",
  },
  {
    code: "SL2016",
    given: "Constant<1n>",
    source: `pipeline("p").model(embed).model(head, { ▸rate: constant(1n) })`,
    text: "model 'head' has no input 'rate', only 'x'",
  },
  // sources: edits
  {
    code: "SL2017",
    given: "0",
    source: `pipeline("p").model(embed).model(twin).model(head, { x: "embed.embedding" }).removeStep(▸0)`,
    step: 1,
    text: "model 'head' input 'x' cannot come from 'embed.embedding': no earlier step runs a model 'embed', only 'twin'",
  },
  {
    code: "SL2017",
    given: "NewStep<Head>",
    source: `pipeline("p").shadow(head, [head2]).model(loose).model(loose2, { x: "head-2.p" }).replaceStep(0, (at) => ▸at.model(head))`,
    step: 2,
    text: "model 'loose-2' input 'x' cannot come from 'head-2.p': no earlier step runs a model 'head-2', only 'head', 'loose'",
  },
  {
    code: "SL2017",
    given: `"embd.embedding"`,
    source: `pipeline("p").model(embed).model(head).insertStep(2, (at) => at.model(scale, { ▸x: "embd.embedding", factors: constant([1, 2, 3]) }))`,
    text: "model 'scale' input 'x' cannot come from 'embd.embedding': no earlier step runs a model 'embd', only 'embed', 'head'",
  },
  // shadow steps
  {
    code: "SL2020",
    given: "never[]",
    source: `pipeline("p").shadow(head, ▸[])`,
    text: "a shadow step needs at least one challenger",
  },
  {
    code: "SL2020",
    given: "never[]",
    source: `pipeline("p").model(embed).shadow(head, ▸[])`,
    text: "a shadow step needs at least one challenger",
  },
  {
    code: "SL2012",
    given: "Scorer",
    source: `pipeline("p").shadow(head, [head2, ▸scorer])`,
    text: "model 'scorer' input 'x' expects float32[batch, 10] but the pipeline's input has float32[batch, 12]",
  },
  {
    code: "SL2012",
    given: "Scorer",
    source: `pipeline("p").model(embed).shadow(head, [▸scorer, head2])`,
    text: "model 'scorer' input 'x' expects float32[batch, 10] but step 0 (model 'embed') produces float32[batch, 12]",
  },
  {
    code: "SL2010",
    given: "Ids",
    source: `pipeline("p").shadow(head, [▸ids])`,
    text: "model 'ids' input 'ids' expects int64[batch, 12] but the pipeline's input has float32[batch, 12]",
  },
  {
    code: "SL2014",
    given: "Join",
    source: `pipeline("p").shadow(head, [head2, ▸join])`,
    text: "model 'join' needs input 'a' but the pipeline's input has only 'x'",
  },
  {
    code: "SL2012",
    given: "Scorer",
    source: `pipeline("p").model(embed).shadow(▸scorer, [head2])`,
    text: "model 'scorer' input 'x' expects float32[batch, 10] but step 0 (model 'embed') produces float32[batch, 12]",
  },
  {
    code: "SL2012",
    given: "Scorer",
    source: `pipeline("p").model(embed).shadow(head, [head2]).model(▸scorer)`,
    text: "model 'scorer' input 'x' expects float32[batch, 10] but step 1 (model 'head') produces float32[batch, 1]",
  },
  {
    code: "SL2021",
    given: "Head2",
    source: `pipeline("p").shadow(head, [head2, ▸head2])`,
    text: "model 'head-2' occurs twice in one shadow step",
  },
  {
    code: "SL2021",
    given: "Head",
    source: `pipeline("p").model(embed).shadow(head, [▸head, head2])`,
    text: "model 'head' occurs twice in one shadow step",
  },
  {
    code: "SL2022",
    given: "Loose",
    source: `pipeline("p").shadow(loose2, [loose]).shadow(loose2, [▸loose])`,
    text: "challenger 'loose' already runs in an earlier shadow step",
  },
  // models, audit and select
  {
    code: "SL2023",
    given: "never[]",
    source: `pipeline("p").models(▸[])`,
    text: "a models step needs at least one model",
  },
  {
    code: "SL2023",
    given: "never[]",
    source: `pipeline("p").model(embed).models(▸[])`,
    text: "a models step needs at least one model",
  },
  {
    code: "SL2012",
    given: "Scorer",
    source: `pipeline("p").model(embed).models([head, ▸scorer])`,
    text: "model 'scorer' input 'x' expects float32[batch, 10] but step 0 (model 'embed') produces float32[batch, 12]",
  },
  {
    code: "SL2012",
    given: "Scorer",
    source: `pipeline("p").models([head, ▸scorer])`,
    text: "model 'scorer' input 'x' expects float32[batch, 10] but the pipeline's input has float32[batch, 12]",
  },
  {
    code: "SL2024",
    given: "Head",
    source: `pipeline("p").model(embed).models([head, twin, ▸head])`,
    text: "model 'head' occurs twice in one models step",
  },
  {
    code: "SL2025",
    given: "Loose2",
    source: `pipeline("p").shadow(loose, [loose2]).models([loose, ▸loose2])`,
    text: "model 'loose-2' is already logged by an earlier step",
  },
  {
    code: "SL2025",
    given: "Loose2",
    source: `pipeline("p").models([loose, loose2]).audit("1:").select(0).models([▸loose2])`,
    text: "model 'loose-2' is already logged by an earlier step",
  },
  {
    code: "SL2022",
    given: "Loose2",
    source: `pipeline("p").models([loose, loose2]).audit(":").select(0).shadow(loose, [▸loose2])`,
    text: "challenger 'loose-2' already runs in an earlier shadow step",
  },
  {
    code: "SL2026",
    given: "Loose",
    source: `pipeline("p").models([head, twin]).model(▸loose)`,
    text: "step 0 produces the outputs of 2 models: put .select() before model 'loose'",
  },
  {
    code: "SL2026",
    given: "Loose",
    source: `pipeline("p").model(embed).models([head, twin]).validate("v", (x) => x.models.head < 1).model(▸loose, { x: "y" })`,
    text: "step 1 produces the outputs of 2 models: put .select() before model 'loose'",
  },
  {
    code: "SL2026",
    given: "Loose",
    source: `pipeline("p").models([head, twin]).audit("1").shadow(▸loose, [loose2])`,
    text: "step 0 produces the outputs of 2 models: put .select() before model 'loose'",
  },
  {
    code: "SL2026",
    given: "Loose",
    source: `pipeline("p").models([head, twin]).models([▸loose])`,
    text: "step 0 produces the outputs of 2 models: put .select() before model 'loose'",
  },
  {
    code: "SL2026",
    given: "Loose",
    source: `pipeline("p").models([head, twin]).model(▸loose, { nowhere: "y" })`,
    text: "step 0 produces the outputs of 2 models: put .select() before model 'loose'",
  },
  {
    code: "SL2026",
    step: 1,
    given: "1",
    source: `pipeline("p").models([head, twin]).select(0).model(loose, { x: "y" }).removeStep(▸1)`,
    text: "step 0 produces the outputs of 2 models: put .select() before model 'loose'",
  },
  {
    code: "SL2012",
    given: "Head",
    source: `pipeline("p").models([head, head2]).select(1).model(▸head)`,
    text: "model 'head' input 'x' expects float32[batch, 12] but step 0 (model 'head-2') produces float32[batch, 3]",
  },
  {
    code: "SL2050",
    given: `"x"`,
    source: `pipeline("p").models([head, twin]).audit(▸"x")`,
    text: "audit 'x' is not a slice: write '1:', '1:3', ':2' or '1'",
  },
  {
    code: "SL2050",
    given: `""`,
    source: `pipeline("p").models([head, twin]).audit(▸"")`,
    text: "audit '' is not a slice: write '1:', '1:3', ':2' or '1'",
  },
  {
    code: "SL2050",
    given: `"-1:"`,
    source: `pipeline("p").models([head, twin]).audit(▸"-1:")`,
    text: "audit '-1:' is not a slice: write '1:', '1:3', ':2' or '1'",
  },
  {
    code: "SL2050",
    given: `"1:2:3"`,
    source: `pipeline("p").models([head, twin]).audit(▸"1:2:3")`,
    text: "audit '1:2:3' is not a slice: write '1:', '1:3', ':2' or '1'",
  },
  {
    code: "SL2050",
    given: `"01:"`,
    source: `pipeline("p").models([head, twin]).audit(▸"01:")`,
    text: "audit '01:' is not a slice: write '1:', '1:3', ':2' or '1'",
  },
  {
    code: "SL2051",
    given: `"1:1"`,
    source: `pipeline("p").models([head, twin]).audit(▸"1:1")`,
    text: "audit 1:1 selects no output: its end must be after its start",
  },
  {
    code: "SL2051",
    given: `":0"`,
    source: `pipeline("p").models([head, twin]).audit(▸":0")`,
    text: "audit 0:0 selects no output: its end must be after its start",
  },
  {
    code: "SL2052",
    given: `"2:"`,
    source: `pipeline("p").models([head, twin]).audit(▸"2:")`,
    text: "audit 2: is out of range: step 0 produces the outputs of 2 models",
  },
  {
    code: "SL2052",
    given: `"3"`,
    source: `pipeline("p").model(embed).models([head, twin]).audit(▸"3")`,
    text: "audit 3: is out of range: step 1 produces the outputs of 2 models",
  },
  {
    code: "SL2052",
    given: `"1:3"`,
    source: `pipeline("p").models([head, twin]).audit(▸"1:3")`,
    text: "audit 1:3 is out of range: step 0 produces the outputs of 2 models",
  },
  {
    code: "SL2053",
    given: `":1"`,
    source: `pipeline("p").models([head, twin]).audit("1:").audit(▸":1")`,
    text: "the outputs of step 0 are already audited",
  },
  {
    code: "SL2027",
    given: `"1:"`,
    source: `pipeline("p").audit(▸"1:")`,
    text: ".audit() needs a .models() step before it, with nothing selected yet",
  },
  {
    code: "SL2027",
    given: `"1:"`,
    source: `pipeline("p").shadow(head, [twin]).audit(▸"1:")`,
    text: ".audit() needs a .models() step before it, with nothing selected yet",
  },
  {
    code: "SL2027",
    given: `"1:"`,
    source: `pipeline("p").models([head, twin]).select(0).audit(▸"1:")`,
    text: ".audit() needs a .models() step before it, with nothing selected yet",
  },
  {
    code: "SL2027",
    given: "0",
    source: `pipeline("p").select(▸0)`,
    text: ".select() needs a .models() step before it, with nothing selected yet",
  },
  {
    code: "SL2027",
    given: "0",
    source: `pipeline("p").model(embed).select(▸0)`,
    text: ".select() needs a .models() step before it, with nothing selected yet",
  },
  {
    code: "SL2054",
    given: "2",
    source: `pipeline("p").models([head, twin]).select(▸2)`,
    text: "select 2 is out of range: step 0 produces the outputs of 2 models, counted from 0",
  },
  {
    code: "SL2054",
    given: "-1",
    source: `pipeline("p").models([head, twin]).audit("1:").select(▸-1)`,
    text: "select -1 is out of range: step 0 produces the outputs of 2 models, counted from 0",
  },
  {
    code: "SL2054",
    given: "0.5",
    source: `pipeline("p").model(embed).models([head, twin]).validate("v", (x) => x.models.head < 1).select(▸0.5)`,
    text: "select 0.5 is out of range: step 1 produces the outputs of 2 models, counted from 0",
  },
  // splits
  {
    code: "SL2060",
    given: `""`,
    source: `pipeline("p").keySplit(▸"", { default: head, routes: { gold: twin } })`,
    text: "the key of a key split must be a string that is not empty",
  },
  {
    code: "SL2060",
    given: `""`,
    source: `pipeline("p").model(embed).keySplit(▸"", { default: head, routes: { gold: twin } })`,
    text: "the key of a key split must be a string that is not empty",
  },
  {
    code: "SL2061",
    given: "{}",
    source: `pipeline("p").keySplit("k", { default: head, ▸routes: {} })`,
    text: "a key split needs at least one route",
  },
  {
    code: "SL2061",
    given: "{}",
    source: `pipeline("p").model(embed).keySplit("k", { default: head, ▸routes: {} })`,
    text: "a key split needs at least one route",
  },
  {
    code: "SL2012",
    given: "Scorer",
    source: `pipeline("p").model(embed).keySplit("k", { ▸default: scorer, routes: { gold: scorer } })`,
    text: "model 'scorer' input 'x' expects float32[batch, 10] but step 0 (model 'embed') produces float32[batch, 12]",
  },
  {
    code: "SL2012",
    given: "Scorer",
    source: `pipeline("p").model(embed).keySplit("k", { default: head, routes: { silver: twin, ▸gold: scorer } })`,
    text: "model 'scorer' input 'x' expects float32[batch, 10] but step 0 (model 'embed') produces float32[batch, 12]",
  },
  {
    code: "SL2062",
    given: "Head2",
    source: `pipeline("p").keySplit("k", { default: head, routes: { silver: twin, ▸gold: head2 } })`,
    text: "model 'head-2' produces 'p' but model 'head' of the same split produces 'y'",
  },
  {
    code: "SL2062",
    given: "Broad",
    source: `pipeline("p").model(embed).keySplit("k", { default: head, routes: { ▸gold: broad } })`,
    text: "model 'broad' output 'y' is float32[batch, 2] but that of model 'head' of the same split is float32[batch, 1]",
  },
  {
    code: "SL2026",
    given: "Loose",
    source: `pipeline("p").models([head, twin]).keySplit("k", { ▸default: loose, routes: { gold: loose } })`,
    text: "step 0 produces the outputs of 2 models: put .select() before model 'loose'",
  },
  {
    code: "SL2012",
    given: "Scorer",
    source: `pipeline("p").keySplit("k", { default: head, routes: { gold: twin } }).model(▸scorer)`,
    text: "model 'scorer' input 'x' expects float32[batch, 10] but step 0 (model 'head') produces float32[batch, 1]",
  },
  {
    code: "SL2063",
    given: "never[]",
    source: `pipeline("p").model(embed).randomSplit(▸[])`,
    text: "a random split needs at least one model",
  },
  {
    code: "SL2063",
    given: "never[]",
    source: `pipeline("p").model(loose).shadow(head, [scorer]).replaceStep(0, (at) => at.randomSplit(▸[]))`,
    text: "a random split needs at least one model",
  },
  {
    code: "SL2063",
    given: "never[]",
    source: `pipeline("p").randomSplit(▸[])`,
    text: "a random split needs at least one model",
  },
  {
    code: "SL2064",
    given: "number",
    source: `pipeline("p").randomSplit([[2, head], [▸0, twin]])`,
    text: "the weight of model 'twin' must be a number above 0, not 0",
  },
  {
    code: "SL2064",
    given: "number",
    source: `pipeline("p").model(embed).randomSplit([[▸-1, head], [1, twin]])`,
    text: "the weight of model 'head' must be a number above 0, not -1",
  },
  {
    code: "SL2024",
    given: "Twin",
    source: `pipeline("p").randomSplit([[2, head], [1, twin], [1, ▸twin]])`,
    text: "model 'twin' occurs twice in one random split",
  },
  {
    code: "SL2062",
    given: "Broad",
    source: `pipeline("p").model(embed).randomSplit([[2, head], [1, ▸broad]], { hashKey: "session_id" })`,
    text: "model 'broad' output 'y' is float32[batch, 2] but that of model 'head' of the same split is float32[batch, 1]",
  },
  {
    code: "SL2062",
    given: "Head2",
    source: `pipeline("p").randomSplit([[2, head], [1, ▸head2]])`,
    text: "model 'head-2' produces 'p' but model 'head' of the same split produces 'y'",
  },
  {
    code: "SL2012",
    given: "Scorer",
    source: `pipeline("p").model(embed).randomSplit([[2, ▸scorer], [1, head]])`,
    text: "model 'scorer' input 'x' expects float32[batch, 10] but step 0 (model 'embed') produces float32[batch, 12]",
  },
  {
    code: "SL2065",
    given: `""`,
    source: `pipeline("p").randomSplit([[2, head], [1, twin]], { ▸hashKey: "" })`,
    text: "the hash key of a random split must be a string that is not empty",
  },
  // refine
  {
    code: "SL2070",
    given: "number",
    source: `pipeline("p").model(encoder).refine({ ▸len: 128 })`,
    text: "cannot refine 'len': step 0 (model 'encoder') produces only 'encoder.k', 'seq'",
  },
  {
    code: "SL2070",
    given: "number",
    source: `pipeline("p", ${image}).refine({ ▸n: 12 })`,
    text: "cannot refine 'n': the pipeline's input has no symbols",
  },
  {
    code: "SL2070",
    given: "number",
    source: `pipeline("p", { inputs: { x: { dtype: "float32", shape: null } } }).refine({ ▸batch: 3 })`,
    text: "cannot refine 'batch': the pipeline's input has no symbols",
  },
  {
    code: "SL2070",
    given: "number",
    source: `pipeline("p").refine({ ▸n: 12 })`,
    text: "cannot refine 'n': the pipeline's input has no symbols",
  },
  {
    code: "SL2070",
    given: "number",
    source: `pipeline("p").model(encoder).refine({ seq: 128 }).refine({ ▸seq: 64 })`,
    text: "cannot refine 'seq': step 0 (model 'encoder') produces only 'encoder.k'",
  },
  {
    code: "SL2071",
    given: "number",
    source: `pipeline("p").model(encoder).refine({ ▸seq: 0 })`,
    text: "cannot refine 'seq' to 0: a size is a whole number of 1 or more",
  },
  {
    code: "SL2071",
    given: "number",
    source: `pipeline("p").model(encoder).refine({ "encoder.k": 768, ▸seq: 1.5 })`,
    text: "cannot refine 'seq' to 1.5: a size is a whole number of 1 or more",
  },
  {
    code: "SL2072",
    given: "{}",
    source: `pipeline("p").model(encoder).refine(▸{})`,
    text: "a refine step needs at least one symbol",
  },
  {
    code: "SL2026",
    given: "{ batch: number; }",
    source: `pipeline("p").models([head, twin]).refine(▸{ batch: 1 })`,
    text: "step 0 produces the outputs of 2 models: put .select() before .refine()",
  },
  {
    code: "SL2012",
    given: "Pool",
    source: `pipeline("p").model(encoder).refine({ seq: 64 }).model(▸pool)`,
    text: "model 'pool' input 'h' expects float32[batch, 128, ?] but step 0 (model 'encoder') produces float32[batch, 64, encoder.k]",
  },
  {
    code: "SL2005",
    given: `"v"`,
    source: `pipeline("p", { inputs: { x: { dtype: "float32", shape: ["batch", "n"] } } }).refine({ n: 1 }).validate(▸"v", (x) => true)`,
    text: "validation 'v' needs an inference step before it",
  },
  // edits: the index
  {
    code: "SL2090",
    given: "7",
    source: `pipeline("p").model(embed).model(head).replaceStep(▸7, (at) => at.model(head))`,
    text: "replaceStep 7 is out of range: the pipeline has 2 steps, counted from 0",
  },
  {
    code: "SL2090",
    given: "-1",
    source: `pipeline("p").model(embed).replaceStep(▸-1, (at) => at.model(embed))`,
    text: "replaceStep -1 is out of range: the pipeline has 1 step, counted from 0",
  },
  {
    code: "SL2090",
    given: "0.5",
    source: `pipeline("p").model(embed).model(head).removeStep(▸0.5)`,
    text: "removeStep 0.5 is out of range: the pipeline has 2 steps, counted from 0",
  },
  {
    code: "SL2090",
    given: "2",
    source: `pipeline("p").model(embed).model(head).removeStep(▸2)`,
    text: "removeStep 2 is out of range: the pipeline has 2 steps, counted from 0",
  },
  {
    code: "SL2090",
    given: "3",
    source: `pipeline("p").model(embed).model(head).insertStep(▸3, (at) => at.model(head))`,
    text: "insertStep 3 is out of range: the pipeline has 2 steps, counted from 0",
  },
  {
    code: "SL2090",
    given: "0",
    source: `pipeline("p").replaceStep(▸0, (at) => at.model(head))`,
    text: "replaceStep 0 is out of range: the pipeline has 0 steps, counted from 0",
  },
  {
    code: "SL2090",
    given: "0",
    source: `pipeline("p", ${image}).removeStep(▸0)`,
    text: "removeStep 0 is out of range: the pipeline has 0 steps, counted from 0",
  },
  {
    code: "SL2090",
    given: "1",
    source: `pipeline("p").insertStep(▸1, (at) => at.model(head))`,
    text: "insertStep 1 is out of range: the pipeline has 0 steps, counted from 0",
  },
  {
    code: "SL2090",
    given: "0",
    source: `pipeline("p").model(embed).clear().removeStep(▸0)`,
    text: "removeStep 0 is out of range: the pipeline has 0 steps, counted from 0",
  },
  // edits: exactly one step
  {
    code: "SL2091",
    given: `At<Unstated, Unstated, never, Unstated, object, never>`,
    source: `pipeline("p").model(embed).replaceStep(0, (at) => ▸at)`,
    text: "an edit's callback must add exactly one step: (at) => at.model(b)",
  },
  {
    code: "SL2091",
    given: "Head",
    source: `pipeline("p").model(embed).insertStep(1, (at) => at.model(head).model(▸head))`,
    text: "an edit's callback must add exactly one step: (at) => at.model(b)",
  },
  {
    code: "SL2091",
    given: `"w"`,
    source: `pipeline("p").model(embed).insertStep(1, (at) => at.validate("v", (x) => true).validate(▸"w", (x) => true))`,
    text: "an edit's callback must add exactly one step: (at) => at.model(b)",
  },
  {
    code: "SL2091",
    given: "undefined",
    source: `pipeline("p").model(embed).insertStep(1, (at) => ▸undefined)`,
    text: "an edit's callback must add exactly one step: (at) => at.model(b)",
  },
  {
    code: "SL2091",
    given: "EmptyPipeline",
    source: `pipeline("p").model(embed).replaceStep(0, (at) => ▸pipeline("q"))`,
    text: "an edit's callback must add exactly one step: (at) => at.model(b)",
  },
  // edits: the new step
  {
    code: "SL2012",
    given: "Scorer",
    source: `pipeline("p").model(embed).model(head).replaceStep(1, (at) => at.model(▸scorer))`,
    text: "model 'scorer' input 'x' expects float32[batch, 10] but step 0 (model 'embed') produces float32[batch, 12]",
  },
  {
    code: "SL2012",
    given: "Scorer",
    source: `pipeline("p").model(embed).model(head).insertStep(1, (at) => at.shadow(head, [▸scorer]))`,
    text: "model 'scorer' input 'x' expects float32[batch, 10] but step 0 (model 'embed') produces float32[batch, 12]",
  },
  {
    code: "SL2012",
    given: "Head",
    source: `pipeline("p", ${image}).model(loose).replaceStep(0, (at) => at.model(▸head))`,
    text: "model 'head' input 'x' expects float32[batch, 12] but the pipeline's input has float32[batch, 60]",
  },
  {
    code: "SL2016",
    given: `"t"`,
    source: `pipeline("p").model(embed).replaceStep(0, (at) => at.model(embed, { ▸imag: "t" }))`,
    text: "model 'embed' has no input 'imag', only 'image'",
  },
  {
    code: "SL2017",
    given: `"t"`,
    source: `pipeline("p").model(embed).insertStep(1, (at) => at.model(head, { ▸x: "t" }))`,
    text: "model 'head' input 'x' cannot come from 't': step 0 (model 'embed') produces only 'embedding'",
  },
  {
    code: "SL2004",
    given: `"v"`,
    source: `pipeline("p").model(embed).validate("v", (x) => true).insertStep(2, (at) => at.validate(▸"v", (x) => true))`,
    text: "validation name 'v' is taken: choose another",
  },
  {
    code: "SL2005",
    given: `"v"`,
    source: `pipeline("p").model(embed).insertStep(0, (at) => at.validate(▸"v", (x) => true))`,
    text: "validation 'v' needs an inference step before it",
  },
  {
    code: "SL2027",
    given: "0",
    source: `pipeline("p").model(embed).insertStep(1, (at) => at.select(▸0))`,
    text: ".select() needs a .models() step before it, with nothing selected yet",
  },
  {
    code: "SL2027",
    given: `":2"`,
    source: `pipeline("p").model(embed).insertStep(0, (at) => at.audit(▸":2"))`,
    text: ".audit() needs a .models() step before it, with nothing selected yet",
  },
  {
    code: "SL2054",
    given: "2",
    source: `pipeline("p").models([head, twin]).select(0).replaceStep(1, (at) => at.select(▸2))`,
    text: "select 2 is out of range: step 0 produces the outputs of 2 models, counted from 0",
  },
  {
    code: "SL2070",
    given: "number",
    source: `pipeline("p").model(encoder).insertStep(1, (at) => at.refine({ ▸len: 128 }))`,
    text: "cannot refine 'len': step 0 (model 'encoder') produces only 'encoder.k', 'seq'",
  },
  // edits: the later step that breaks
  {
    code: "SL2012",
    step: 1,
    given: "NewStep<Scorer>",
    source: `pipeline("p").model(embed).model(head).replaceStep(0, (at) => ▸at.model(scorer))`,
    text: "model 'head' input 'x' expects float32[batch, 12] but step 0 (model 'scorer') produces float32[batch, 1]",
  },
  {
    code: "SL2012",
    step: 2,
    given: "NewStep<Head>",
    source: `pipeline("p").model(embed).model(head).insertStep(1, (at) => ▸at.model(head))`,
    text: "model 'head' input 'x' expects float32[batch, 12] but step 1 (model 'head') produces float32[batch, 1]",
  },
  {
    code: "SL2012",
    step: 0,
    given: "0",
    source: `pipeline("p", { inputs: { x: { dtype: "float32", shape: ["batch", 64] } } }).model(embed).model(head).removeStep(▸0)`,
    text: "model 'head' input 'x' expects float32[batch, 12] but the pipeline's input has float32[batch, 64]",
  },
  {
    code: "SL2010",
    step: 1,
    given: "NewStep<Ids>",
    source: `pipeline("p").model(head).insertStep(0, (at) => ▸at.model(ids))`,
    text: "model 'head' input 'x' expects float32[batch, 12] but step 0 (model 'ids') produces int64[batch]",
  },
  {
    code: "SL2013",
    step: 1,
    given: "1",
    source: `pipeline("p").model(encoder).refine({ seq: 128 }).model(pool).removeStep(▸1)`,
    text: "model 'pool' input 'h' expects float32[batch, 128, ?] but step 0 (model 'encoder') produces float32[batch, seq, encoder.k]; refine 'seq' to 128",
  },
  {
    code: "SL2015",
    step: 1,
    given: "NewStep<Split>",
    source: `pipeline("p").model(thirty).model(pair).replaceStep(0, (at) => ▸at.model(split))`,
    text: "model 'pair' binds 'n' to 7 in input 'b' but to 32 in input 'a'",
  },
  {
    code: "SL2014",
    step: 1,
    given: "NewStep<Head>",
    source: `pipeline("p").model(thirty).model(pair).replaceStep(0, (at) => ▸at.model(head))`,
    text: "model 'pair' needs input 'a' but step 0 (model 'head') produces only 'y'",
  },
  {
    code: "SL2017",
    step: 1,
    given: "NewStep<Split>",
    source: `pipeline("p").model(embed).model(head, { x: "embedding" }).replaceStep(0, (at) => ▸at.model(split))`,
    text: "model 'head' input 'x' cannot come from 'embedding': step 0 (model 'split') produces only 'a', 'b'",
  },
  {
    code: "SL2012",
    step: 1,
    given: "NewStep<Scorer>",
    source: `pipeline("p").model(embed).shadow(head, [head2]).replaceStep(0, (at) => ▸at.model(scorer))`,
    text: "model 'head' input 'x' expects float32[batch, 12] but step 0 (model 'scorer') produces float32[batch, 1]",
  },
  {
    code: "SL2022",
    step: 1,
    given: "NewStep<Shadow<Loose, readonly [Loose2]>>",
    source: `pipeline("p").shadow(loose, [loose2]).insertStep(0, (at) => ▸at.shadow(loose, [loose2]))`,
    text: "challenger 'loose-2' already runs in an earlier shadow step",
  },
  {
    code: "SL2025",
    step: 1,
    given: "NewStep<Shadow<Loose, readonly [Loose2]>>",
    source: `pipeline("p").models([loose, loose2]).insertStep(0, (at) => ▸at.shadow(loose, [loose2]))`,
    text: "model 'loose-2' is already logged by an earlier step",
  },
  {
    code: "SL2026",
    step: 1,
    given: "1",
    source: `pipeline("p").models([head, twin]).select(0).model(loose).removeStep(▸1)`,
    text: "step 0 produces the outputs of 2 models: put .select() before model 'loose'",
  },
  {
    code: "SL2027",
    step: 1,
    given: "NewStep<Head>",
    source: `pipeline("p").models([head, twin]).select(0).replaceStep(0, (at) => ▸at.model(head))`,
    text: ".select() needs a .models() step before it, with nothing selected yet",
  },
  {
    code: "SL2027",
    step: 1,
    given: "NewStep<Head>",
    source: `pipeline("p").models([head, twin]).audit("1:").replaceStep(0, (at) => ▸at.model(head))`,
    text: ".audit() needs a .models() step before it, with nothing selected yet",
  },
  {
    code: "SL2052",
    step: 1,
    given: "NewStep<MultiModel<readonly [Head]>>",
    source: `pipeline("p").models([head, twin]).audit("1:").replaceStep(0, (at) => ▸at.models([head]))`,
    text: "audit 1: is out of range: step 0 produces the outputs of 1 models",
  },
  {
    code: "SL2053",
    step: 2,
    given: `NewStep<Audit<":1">>`,
    source: `pipeline("p").models([head, twin]).audit("1:").insertStep(1, (at) => ▸at.audit(":1"))`,
    text: "the outputs of step 0 are already audited",
  },
  {
    code: "SL2054",
    step: 1,
    given: "NewStep<MultiModel<readonly [Head]>>",
    source: `pipeline("p").models([head, twin]).select(1).replaceStep(0, (at) => ▸at.models([head]))`,
    text: "select 1 is out of range: step 0 produces the outputs of 1 models, counted from 0",
  },
  {
    code: "SL2012",
    step: 1,
    given: "NewStep<Scorer>",
    source: `pipeline("p").model(embed).keySplit("k", { default: head, routes: { gold: twin } }).replaceStep(0, (at) => ▸at.model(scorer))`,
    text: "model 'head' input 'x' expects float32[batch, 12] but step 0 (model 'scorer') produces float32[batch, 1]",
  },
  {
    code: "SL2012",
    step: 1,
    given: "NewStep<Scorer>",
    source: `pipeline("p").model(embed).randomSplit([[1, head], [1, twin]]).replaceStep(0, (at) => ▸at.model(scorer))`,
    text: "model 'head' input 'x' expects float32[batch, 12] but step 0 (model 'scorer') produces float32[batch, 1]",
  },
  {
    code: "SL2070",
    step: 1,
    given: "NewStep<Embed>",
    source: `pipeline("p").model(encoder).refine({ seq: 128 }).replaceStep(0, (at) => ▸at.model(embed))`,
    text: "cannot refine 'seq': step 0 (model 'embed') produces no symbols",
  },
  {
    code: "SL2004",
    step: 3,
    given: `NewStep<Validation<"v">>`,
    source: `pipeline("p").model(embed).validate("u", (x) => true).validate("v", (x) => true).insertStep(1, (at) => ▸at.validate("v", (x) => true))`,
    text: "validation name 'v' is taken: choose another",
  },
  {
    code: "SL2005",
    step: 0,
    given: "0",
    source: `pipeline("p").model(embed).validate("v", (x) => true).removeStep(▸0)`,
    text: "validation 'v' needs an inference step before it",
  },
  // edits: the row of a later validation
  {
    code: "SL2092",
    step: 2,
    given: "NewStep<Head2>",
    source: `pipeline("p").model(embed).model(head).validate("low", (x) => x.out < 1).replaceStep(1, (at) => ▸at.model(head2))`,
    text: "validation 'low' was written for another row: x.out.y is gone",
  },
  {
    code: "SL2092",
    step: 2,
    given: "NewStep<Broad>",
    source: `pipeline("p").model(embed).model(head).validate("low", (x) => x.out < 1).replaceStep(1, (at) => ▸at.model(broad))`,
    text: "validation 'low' was written for another row: x.out.y was float32[batch, 1] and is now float32[batch, 2]",
  },
  {
    code: "SL2092",
    step: 1,
    given: "NewStep<Ids>",
    source: `pipeline("p").model(head).validate("low", (x) => x.in.x[0] < 1).replaceStep(0, (at) => ▸at.model(ids))`,
    text: "validation 'low' was written for another row: x.in.x is gone",
  },
  {
    code: "SL2092",
    step: 2,
    given: "NewStep<MultiModel<readonly [Head, Twin]>>",
    source: `pipeline("p").model(embed).model(head).validate("low", (x) => x.out < 1).replaceStep(1, (at) => ▸at.models([head, twin]))`,
    text: "validation 'low' was written for another row: x.out is gone",
  },
  {
    code: "SL2092",
    step: 2,
    given: "NewStep<Head>",
    source: `pipeline("p").model(embed).shadow(head, [head2]).validate("low", (x) => x.models["head-2"][0] < 1).replaceStep(1, (at) => ▸at.model(head))`,
    text: "validation 'low' was written for another row: x.models.head is gone",
  },
  // names
  {
    code: "SL2001",
    given: `"Fraud"`,
    source: `pipeline(▸"Fraud").model(embed)`,
    text: "pipeline name 'Fraud' is not allowed: use lower-case letters, digits and '-', with a letter or digit at both ends; pipelines are named with '-', validations and alerts with '_'",
  },
  {
    code: "SL2001",
    given: `"fraud-"`,
    source: `pipeline(▸"fraud-").model(embed)`,
    text: "pipeline name 'fraud-' is not allowed: use lower-case letters, digits and '-', with a letter or digit at both ends; pipelines are named with '-', validations and alerts with '_'",
  },
  {
    code: "SL2001",
    given: `"-fraud"`,
    source: `pipeline(▸"-fraud", ${image}).model(loose)`,
    text: "pipeline name '-fraud' is not allowed: use lower-case letters, digits and '-', with a letter or digit at both ends; pipelines are named with '-', validations and alerts with '_'",
  },
  {
    code: "SL2001",
    given: `""`,
    source: `pipeline(▸"").model(embed)`,
    text: "pipeline name '' is not allowed: use lower-case letters, digits and '-', with a letter or digit at both ends; pipelines are named with '-', validations and alerts with '_'",
  },
  {
    code: "SL2001",
    given: `"${"a".repeat(64)}"`,
    source: `pipeline(▸"${"a".repeat(64)}").model(embed)`,
    text: "the pipeline name is too long: it must be under 64 characters",
  },
  {
    code: "SL2002",
    given: `"too high"`,
    source: `pipeline("p").model(embed).validate(▸"too high", (x) => x.out[0] < 1)`,
    text: "validation name 'too high' is not an identifier: use letters, digits and '_', and no digit at the beginning; pipelines are named with '-', validations and alerts with '_'",
  },
  {
    code: "SL2002",
    given: `"1st"`,
    source: `pipeline("p").model(embed).validate(▸"1st", (x) => x.out[0] < 1)`,
    text: "validation name '1st' is not an identifier: use letters, digits and '_', and no digit at the beginning; pipelines are named with '-', validations and alerts with '_'",
  },
  {
    code: "SL2002",
    given: `""`,
    source: `pipeline("p").model(embed).validate(▸"", (x) => x.out[0] < 1)`,
    text: "validation name '' is not an identifier: use letters, digits and '_', and no digit at the beginning; pipelines are named with '-', validations and alerts with '_'",
  },
  {
    code: "SL2003",
    given: `"count"`,
    source: `pipeline("p").model(embed).validate(▸"count", (x) => x.out[0] < 1)`,
    text: "validation name 'count' is reserved: choose another",
  },
  {
    code: "SL2003",
    given: `"__proto__"`,
    source: `pipeline("p").model(embed).validate(▸"__proto__", (x) => x.out[0] < 1)`,
    text: "validation name '__proto__' is reserved: choose another",
  },
  {
    code: "SL2004",
    given: `"amt"`,
    source: `pipeline("p").model(embed).validate("amt", (x) => x.out[0] < 1).validate(▸"amt", (x) => x.out[1] < 1)`,
    text: "validation name 'amt' is taken: choose another",
  },
  {
    code: "SL2005",
    given: `"amt"`,
    source: `pipeline("p").validate(▸"amt", (x) => x.out < 1)`,
    text: "validation 'amt' needs an inference step before it",
  },
  {
    code: "SL2005",
    given: `"amt"`,
    source: `pipeline("p", ${image}).validate(▸"amt", (x) => true)`,
    text: "validation 'amt' needs an inference step before it",
  },
  // alerts
  {
    code: "SL2080",
    given: `"too high"`,
    source: `pipeline("p").model(embed).alert(▸"too high", (all) => all.count() > 1, { over: "5m" })`,
    text: "alert name 'too high' is not an identifier: use letters, digits and '_', and no digit at the beginning; pipelines are named with '-', validations and alerts with '_'",
  },
  {
    code: "SL2080",
    given: `"1st"`,
    source: `pipeline("p").model(embed).alert(▸"1st", (all) => all.count() > 1, { over: "5m" })`,
    text: "alert name '1st' is not an identifier: use letters, digits and '_', and no digit at the beginning; pipelines are named with '-', validations and alerts with '_'",
  },
  {
    code: "SL2080",
    given: `""`,
    source: `pipeline("p").model(embed).alert(▸"", (all) => all.count() > 1, { over: "5m" })`,
    text: "alert name '' is not an identifier: use letters, digits and '_', and no digit at the beginning; pipelines are named with '-', validations and alerts with '_'",
  },
  {
    code: "SL2081",
    given: `"__proto__"`,
    source: `pipeline("p").model(embed).alert(▸"__proto__", (all) => all.count() > 1, { over: "5m" })`,
    text: "alert name '__proto__' is reserved: choose another",
  },
  {
    code: "SL2082",
    given: `"busy"`,
    source: `pipeline("p").model(embed).alert("busy", (all) => all.count() > 1, { over: "5m" }).validate("v", (x) => x.out[0] < 1).alert(▸"busy", (all) => all.count() > 1, { over: "1h" })`,
    text: "alert name 'busy' is taken: choose another",
  },
  {
    code: "SL2083",
    given: `"busy"`,
    source: `pipeline("p").alert(▸"busy", (all) => all.count() > 1, { over: "5m" })`,
    text: "alert 'busy' needs an inference step before it",
  },
  {
    code: "SL2070",
    given: "number",
    source: `pipeline("p").model(embed).insertStep(0, (at) => at.refine({ ▸zz: 3 }))`,
    text: "cannot refine 'zz': the pipeline's input has no symbols",
  },
  {
    code: "SL2083",
    given: `"busy"`,
    source: `pipeline("p").model(embed).insertStep(0, (at) => at.alert(▸"busy", (all) => all.count() > 1, { over: "5m" }))`,
    text: "alert 'busy' needs an inference step before it",
  },
  {
    code: "SL2083",
    given: `"__proto__"`,
    source: `pipeline("p").model(embed).replaceStep(0, (at) => at.alert(▸"__proto__", (all) => all.count() > 1, { over: "5m" }))`,
    text: "alert '__proto__' needs an inference step before it",
  },
  {
    code: "SL2083",
    given: `"busy"`,
    source: `pipeline("p", ${image}).alert(▸"busy", (all) => all.count() > 1, { over: "5m" })`,
    text: "alert 'busy' needs an inference step before it",
  },
  {
    code: "SL2085",
    given: `"5"`,
    source: `pipeline("p").model(embed).alert("busy", (all) => all.count() > 1, { ▸over: "5" })`,
    text: "'over' is not a duration: '5'; write a whole number and s, m, h or d, from '1s' to '30d'",
  },
  {
    code: "SL2085",
    given: `"5 m"`,
    source: `pipeline("p").model(embed).alert("busy", (all) => all.count() > 1, { ▸over: "5 m" })`,
    text: "'over' is not a duration: '5 m'; write a whole number and s, m, h or d, from '1s' to '30d'",
  },
  {
    code: "SL2085",
    given: `"0m"`,
    source: `pipeline("p").model(embed).alert("busy", (all) => all.count() > 1, { ▸over: "0m" })`,
    text: "'over' is not a duration: '0m'; write a whole number and s, m, h or d, from '1s' to '30d'",
  },
  {
    code: "SL2085",
    given: `"05m"`,
    source: `pipeline("p").model(embed).alert("busy", (all) => all.count() > 1, { ▸over: "05m" })`,
    text: "'over' is not a duration: '05m'; write a whole number and s, m, h or d, from '1s' to '30d'",
  },
  {
    code: "SL2085",
    given: `"1.5h"`,
    source: `pipeline("p").model(embed).alert("busy", (all) => all.count() > 1, { ▸over: "1.5h" })`,
    text: "'over' is not a duration: '1.5h'; write a whole number and s, m, h or d, from '1s' to '30d'",
  },
  {
    code: "SL2085",
    given: `"-1m"`,
    source: `pipeline("p").model(embed).alert("busy", (all) => all.count() > 1, { ▸over: "-1m" })`,
    text: "'over' is not a duration: '-1m'; write a whole number and s, m, h or d, from '1s' to '30d'",
  },
  {
    code: "SL2085",
    given: `""`,
    source: `pipeline("p").model(embed).alert("busy", (all) => all.count() > 1, { ▸over: "" })`,
    text: "'over' is not a duration: ''; write a whole number and s, m, h or d, from '1s' to '30d'",
  },
  {
    code: "SL2085",
    given: `"m"`,
    source: `pipeline("p").model(embed).alert("busy", (all) => all.count() > 1, { ▸over: "m" })`,
    text: "'over' is not a duration: 'm'; write a whole number and s, m, h or d, from '1s' to '30d'",
  },
  {
    code: "SL2085",
    given: `"31d"`,
    source: `pipeline("p").model(embed).alert("busy", (all) => all.count() > 1, { ▸over: "31d" })`,
    text: "'over' is not a duration: '31d'; write a whole number and s, m, h or d, from '1s' to '30d'",
  },
  {
    code: "SL2085",
    given: `"721h"`,
    source: `pipeline("p").model(embed).alert("busy", (all) => all.count() > 1, { ▸over: "721h" })`,
    text: "'over' is not a duration: '721h'; write a whole number and s, m, h or d, from '1s' to '30d'",
  },
  {
    code: "SL2085",
    given: `"43201m"`,
    source: `pipeline("p").model(embed).alert("busy", (all) => all.count() > 1, { ▸over: "43201m" })`,
    text: "'over' is not a duration: '43201m'; write a whole number and s, m, h or d, from '1s' to '30d'",
  },
  {
    code: "SL2085",
    given: `"2592001s"`,
    source: `pipeline("p").model(embed).alert("busy", (all) => all.count() > 1, { ▸over: "2592001s" })`,
    text: "'over' is not a duration: '2592001s'; write a whole number and s, m, h or d, from '1s' to '30d'",
  },
  {
    code: "SL2085",
    given: `"1w"`,
    source: `pipeline("p").model(embed).alert("busy", (all) => all.count() > 1, { ▸over: "1w" })`,
    text: "'over' is not a duration: '1w'; write a whole number and s, m, h or d, from '1s' to '30d'",
  },
  {
    code: "SL2085",
    given: `"40d"`,
    source: `pipeline("p").model(embed).alert("busy", (all) => all.count() > 1, { over: "30d", ▸for: "40d" })`,
    text: "'for' is not a duration: '40d'; write a whole number and s, m, h or d, from '1s' to '30d'",
  },
  {
    code: "SL2012",
    given: "Scorer",
    source: `pipeline("p").model(embed).alert("busy", (all) => all.count() > 1, { over: "5m", for: "1m" }).model(▸scorer)`,
    text: "model 'scorer' input 'x' expects float32[batch, 10] but step 0 (model 'embed') produces float32[batch, 12]",
  },
];

/** Errors with the compiler's own message: in lambdas, requests and answers. */
export interface RefusedByCompiler {
  readonly source: string;
  readonly message: string;
}

const heads = `pipeline("p").model(embed).shadow(head, [head2])`;
const live = (use: string) =>
  `async (target: Target) => { const live = await ${heads}.validate("low", (x) => x.out < 1).deploy(target); ${use} }`;

/** Uses a model handle, and then a pipeline, that an Open Inference server serves. */
const clientTypes = JSON.stringify(importable("src/client/open-inference/public-types.js"));
const remote = (use: string) =>
  `async (server: import(${clientTypes}).OpenInference) => { const model = await server.connect(embed); const live = await server.connect(${heads}.validate("low", (x) => x.out < 1)); ${use} }`;

export const refusedByCompiler: readonly RefusedByCompiler[] = [
  // one error: the routes are not compared with a default that is no model
  {
    source: `pipeline("p").model(embed).keySplit("k", { ▸default: Date.now() > 0 ? head : undefined, routes: { gold: twin } })`,
    message: "Type 'Head | undefined' is not assignable to type 'Model<string, object, object, any>'.",
  },
  {
    source: `${heads}.validate("v", (x) => x.out.▸z[0] < 1)`,
    message: "Property 'z' does not exist on type 'number & { y: readonly [number]; }'.",
  },
  {
    source: `${heads}.validate("v", (x) => x.in.▸pixels[0] < 1)`,
    message:
      "Property 'pixels' does not exist on type 'Items<readonly [number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, ... 43 more ..., number]> & { ...; }'.",
  },
  {
    source: `${heads}.validate("v", (x) => x.models.▸other.y[0] < 1)`,
    message: `Property 'other' does not exist on type '{ readonly head: number & { y: readonly [number]; }; readonly "head-2": Items<readonly [number, number, number]> & { p: readonly [number, number, number]; }; }'.`,
  },
  {
    source: `pipeline("p").model(embed).validate("v", (x) => x.▸models.embed[0] < 1)`,
    message: `Property 'models' does not exist on type 'Row<{ readonly image: F<readonly ["batch", 64]>; }, { readonly embedding: F<readonly ["batch", 12]>; }>'.`,
  },
  {
    source: `pipeline("p").model(embed).validate("v", (x) => !x.out.embedding[▸12])`,
    message:
      "Tuple type 'readonly [number, number, number, number, number, number, number, number, number, number, number, number]' of length '12' has no element at index '12'.",
  },
  {
    source: `${heads}.validate("v", (x) => !x.models["head-2"].p[▸3])`,
    message: "Tuple type 'readonly [number, number, number]' of length '3' has no element at index '3'.",
  },
  {
    source: `pipeline("p").model(embed).validate("v", (x) => !▸x.out[12])`,
    message:
      "Element implicitly has an 'any' type because expression of type '12' can't be used to index type 'Items<readonly [number, number, number, number, number, number, number, number, number, number, number, number]> & { embedding: readonly [number, number, number, number, number, ... 6 more ..., number]; }'.",
  },
  {
    source: `${heads}.validate("v", (x) => ▸x.out.y[0])`,
    message: "Type 'number' is not assignable to type 'boolean'.",
  },
  {
    source: `${heads}.validate("v", (x) => ▸x.out)`,
    message: "Type 'number & { y: readonly [number]; }' is not assignable to type 'boolean'.",
  },
  { source: `${heads}.validate("v", (x) => ▸"yes")`, message: "Type 'string' is not assignable to type 'boolean'." },
  {
    source: `${heads}.validate("v", (x) => ▸undefined)`,
    message: "Type 'undefined' is not assignable to type 'boolean'.",
  },
  {
    source: `${heads}.validate("v", async (x) => ▸x.out < 1)`,
    message: "Type 'Promise<boolean>' is not assignable to type 'boolean'.",
  },
  {
    source: `pipeline("p").model(ids).validate("v", (x) => ▸x.out === 1)`,
    message:
      "This comparison appears to be unintentional because the types 'bigint & { id: bigint; }' and 'number' have no overlap.",
  },
  {
    source: `${heads}.alert("a", (all) => all.avg((x) => x.out.▸z) > 1, { over: "5m" })`,
    message: "Property 'z' does not exist on type 'number & { y: readonly [number]; }'.",
  },
  {
    source: `${heads}.alert("a", (all) => ▸all.count(), { over: "5m" })`,
    message: "Type 'number' is not assignable to type 'boolean'.",
  },
  {
    source: `${heads}.alert("a", (all) => all.sum((x) => ▸x.out < 1) > 1, { over: "5m" })`,
    message: "Type 'boolean' is not assignable to type 'number'.",
  },
  {
    source: `pipeline("p").model(▸5)`,
    message: "Argument of type 'number' is not assignable to parameter of type 'Model<string, object, object, any>'.",
  },
  {
    source: live(`await live.infer([{ ▸imag: [1] }]);`),
    message: `Object literal may only specify known properties, but 'imag' does not exist in type '{ readonly image: ${imageRow}; }'. Did you mean to write 'image'?`,
  },
  {
    source: live(`await live.infer([▸{}]);`),
    message: `Property 'image' is missing in type '{}' but required in type '{ readonly image: ${imageRow}; }'.`,
  },
  {
    source: live(`await live.infer([{ ▸image: [1, 2, 3] }]);`),
    message: "Type 'number[]' is not assignable to type '\"'image' has a list of 3 where its shape has 64\"'.",
  },
  {
    source: live(`await live.infer([{ image: [▸[1]] }]);`),
    message: "Type '[number]' is not assignable to type 'number'.",
  },
  {
    source: live(`await live.infer([{ ▸image: 1 }]);`),
    message: `Type 'number' is not assignable to type '${imageRow}'.`,
  },
  {
    source: live(`await live.infer([{ image: new Float32Array(64), ▸extra: 1 }]);`),
    message: `Object literal may only specify known properties, and 'extra' does not exist in type '{ readonly image: ${imageRow}; }'.`,
  },
  {
    source: live(`await live.infer({ ▸imag: [[1]] });`),
    message: `Object literal may only specify known properties, but 'imag' does not exist in type '{ readonly image: Float32Array<ArrayBufferLike> | readonly (${imageRow})[]; }'. Did you mean to write 'image'?`,
  },
  {
    source: live(`const [row] = await live.infer([{ image: new Float32Array(64) }]); row.out.▸score;`),
    message: "Property 'score' does not exist on type '{ y: readonly [number]; }'.",
  },
  {
    source: live(`const [row] = await live.logs(); row!.anomaly.▸high;`),
    message: `Property 'high' does not exist on type 'LoggedAnomaly<"low">'.`,
  },
  {
    source: live(`const columns = await live.infer({ image: [[1]] }); columns.▸out_head;`),
    message: `Property 'out_head' does not exist on type 'InferColumns<{ readonly image: F<readonly ["batch", 64]>; }, { readonly y: Tensor<"float32", readonly ["batch", 1]>; }, "low", { readonly "head-2": { readonly p: Tensor<"float32", readonly ["batch", 3]>; }; }>'. Did you mean 'out_head-2'?`,
  },
  // with options, still one error at its property
  {
    source: live(`await live.infer([{ image: new Float32Array(64) }], { ▸timeout: 1 });`),
    message:
      "Object literal may only specify known properties, but 'timeout' does not exist in type 'KnownOptions<InferOptions>'. Did you mean to write 'timeoutMs'?",
  },
  {
    source: live(`await live.infer([{ image: new Float32Array(64) }], { ▸timeoutMs: "1" });`),
    message: "Type 'string' is not assignable to type 'number'.",
  },
  {
    source: live(`await live.infer([{ ▸imag: [1] }], { timeoutMs: 1 });`),
    message: `Object literal may only specify known properties, but 'imag' does not exist in type '{ readonly image: ${imageRow}; }'. Did you mean to write 'image'?`,
  },
  {
    source: remote(`await model.infer([{ ▸imag: [1] }]);`),
    message: `Object literal may only specify known properties, but 'imag' does not exist in type '{ readonly image: ${imageRow}; }'. Did you mean to write 'image'?`,
  },
  {
    source: remote(`await model.infer([{ ▸image: [1, 2, 3] }]);`),
    message: "Type 'number[]' is not assignable to type '\"'image' has a list of 3 where its shape has 64\"'.",
  },
  {
    source: remote(`const [row] = await model.infer([{ image: new Float32Array(64) }]); row.out.▸score;`),
    message:
      "Property 'score' does not exist on type '{ embedding: readonly [number, number, number, number, number, number, number, number, number, number, number, number]; }'.",
  },
  {
    source: remote(`const [row] = await live.infer([{ image: new Float32Array(64) }]); row.anomaly.▸high;`),
    message: "Property 'high' does not exist on type 'Anomaly<\"low\">'.",
  },
  {
    source: remote(`await live.infer([{ image: new Float32Array(64) }], { ▸timeout: 1 });`),
    message:
      "Object literal may only specify known properties, but 'timeout' does not exist in type 'KnownOptions<InferOptions>'. Did you mean to write 'timeoutMs'?",
  },
  {
    source: remote(`await live.infer(▸{ numRows: 1, numCols: 1 });`),
    message:
      "Argument of type '{ numRows: number; numCols: number; }' is not assignable to parameter of type '\"an Open Inference server takes no Arrow table: give columns, { column: typed array }\"'.",
  },
  {
    source: remote(`await server.connect(▸"ccfraud");`),
    message:
      "Argument of type 'string' is not assignable to parameter of type 'AnyPipeline | Model<string, object, object, any>'.",
  },
];
