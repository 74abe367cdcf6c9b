import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Dim, DType, Port } from "../../dsl/tensor.js";
import type { Value } from "./columns.js";

/** The folder of the field models: small ones of every kind that real models are of. */
export const fixtures = fileURLToPath(new URL("../fixtures/models/field", import.meta.url));

/** What each row of a small model must answer: the rows were run alone by Python's ONNX Runtime. */
export interface Case {
  readonly rows: readonly Readonly<Record<string, Value>>[];
  readonly shared: Readonly<Record<string, Value>>;
  readonly answers: readonly Readonly<Record<string, Value>>[];
}
export const cases = JSON.parse(readFileSync(join(fixtures, "expected.json"), "utf8")) as Record<string, Case>;

const port = (dtype: DType, name: string, ...shape: Dim[]): Port => ({ name, dtype, shape });
export const f32 = (name: string, ...shape: Dim[]) => port("float32", name, ...shape);
const i64 = (name: string, ...shape: Dim[]) => port("int64", name, ...shape);

type Handle = readonly [inputs: readonly Port[], outputs: readonly Port[], batchSize?: number];

/** The ports as a handle has them: "batch" on the row axis, and other symbols as in the file. */
export const handles: Readonly<Record<string, Handle>> = {
  "state_dim1_add.onnx": [
    [f32("x", "batch", 2), f32("state", 2, "batch", 2)],
    [f32("y", "batch", 2), f32("stateN", 2, "batch", 2)],
  ],
  "time_major.onnx": [[f32("x", "batch", 3, "time")], [f32("probs", "time", "batch", 3)]],
  "hwc_nobatch.onnx": [[port("uint8", "image", "height", "width", 3)], [f32("m", 3)]],
  "gnn.onnx": [[f32("x", "num_nodes", 3), i64("edge_index", 2, "num_edges")], [f32("y", "num_nodes", 3)]],
  "shared_input.onnx": [[f32("x", "batch", 3), f32("keys", "K", 3)], [f32("sim", "batch", "K")]],
  "scalar_threshold.onnx": [[f32("x", "batch", 3), f32("t")], [f32("y", "batch", 3)]],
  "vad_state_scalar_sr.onnx": [
    [f32("input", "batch", "seq"), f32("state", 2, "batch", 8), i64("sr")],
    [f32("output", "batch", 1), f32("stateN", 2, "batch", 8)],
  ],
  "question_mark_dims.onnx": [[f32("x", "batch", 3, null, null)], [f32("y", "batch", 3)]],
  "enc.onnx": [[i64("input_ids", "batch", "src")], [f32("hidden", "batch", "src", 4)]],
  "dec.onnx": [
    [i64("prefix", "batch", "tgt"), f32("hidden", "batch", "src", 4)],
    [f32("scores", "batch", "tgt", "src")],
  ],
  "piper_like.onnx": [
    [i64("input", "batch", "phonemes"), i64("input_lengths", "batch"), f32("scales", 3)],
    [f32("output", "batch", 1, "time")],
  ],
  "ext/ext_encoder.onnx": [
    [i64("input_ids", "batch", "seq"), i64("attention_mask", "batch", "seq")],
    [f32("last_hidden_state", "batch", "seq", 4), f32("pooled", "batch", 4)],
  ],
  "fixed4.onnx": [[f32("x", "batch", 3)], [f32("y", "batch", 3)], 4],
  "bf16.onnx": [[f32("x", "batch", 3)], [f32("y", "batch", 3)]],
};
