// Written by `shapeline generate` from the model files. Do not edit; run the command again.
import { generatedModel, type Model, type Tensor } from "shapeline";

export interface AlexaV01 extends Model<"alexa-v0-1", object, object, "onnx::Flatten_0"> {
  readonly inputs: { "onnx::Flatten_0": Tensor<"float32", readonly ["batch", 16, 96]> };
  readonly outputs: { "13": Tensor<"float32", readonly ["batch", 1]> };
}

/**
 * alexa_v0.1.onnx, by pytorch 1.12.1, opset 13
 * - input onnx::Flatten_0: float32[batch, 16, 96]
 * - output 13: float32[batch, 1]
 * - rows: axis 0 of all ports (it has the same size in all ports); a run takes 1 row
 * sha256 6ff566a01d12670e8d9e3c59da32651db1575d17272a601b7f8a39283dfbae3e
 */
export const alexaV01: AlexaV01 = generatedModel({
  name: "alexa-v0-1",
  version: "1",
  sha256: "6ff566a01d12670e8d9e3c59da32651db1575d17272a601b7f8a39283dfbae3e",
  inputs: { "onnx::Flatten_0": { dtype: "float32", shape: ["batch", 16, 96] } },
  outputs: { "13": { dtype: "float32", shape: ["batch", 1] } },
  batchSize: 1,
});

export interface Decoder extends Model<"decoder", object, object, "prefix" | "memory" | "src_mask" | "hidden"> {
  readonly inputs: {
    prefix: Tensor<"int64", readonly ["batch", "tgt_len"]>;
    memory: Tensor<"float32", readonly ["batch", "src_len", 256]>;
    src_mask: Tensor<"bool", readonly ["batch", "src_len"]>;
    hidden: Tensor<"float32", readonly ["batch", 2, 256]>;
  };
  readonly outputs: {
    logprobs: Tensor<"float32", readonly ["batch", 160]>;
    hidden_out: Tensor<"float32", readonly ["batch", 2, null]>;
  };
}

/**
 * decoder.onnx, by pytorch 2.14.0, opset 17
 * - input prefix: int64[batch, tgt_len]
 * - input memory: float32[batch, src_len, 256]
 * - input src_mask: bool[batch, src_len]
 * - input hidden: float32[batch, 2, 256]
 * - output logprobs: float32[batch, 160]
 * - output hidden_out: float32[batch, 2, ?]
 * sha256 2365c42d362313c21748750eefebf3a61fd8045f73a98644176eca538200841a
 */
export const decoder: Decoder = generatedModel({
  name: "decoder",
  version: "1",
  sha256: "2365c42d362313c21748750eefebf3a61fd8045f73a98644176eca538200841a",
  inputs: {
    prefix: { dtype: "int64", shape: ["batch", "tgt_len"] },
    memory: { dtype: "float32", shape: ["batch", "src_len", 256] },
    src_mask: { dtype: "bool", shape: ["batch", "src_len"] },
    hidden: { dtype: "float32", shape: ["batch", 2, 256] },
  },
  outputs: {
    logprobs: { dtype: "float32", shape: ["batch", 160] },
    hidden_out: { dtype: "float32", shape: ["batch", 2, null] },
  },
});

export interface EmbeddingModel extends Model<"embedding-model", object, object, "input_1"> {
  readonly inputs: { input_1: Tensor<"float32", readonly ["batch", 76, 32, 1]> };
  readonly outputs: { conv2d_19: Tensor<"float32", readonly ["batch", 1, 1, 96]> };
}

/**
 * embedding_model.onnx, by tf2onnx 1.9.3, opset 13
 * - input input_1: float32[batch, 76, 32, 1]
 * - output conv2d_19: float32[batch, 1, 1, 96]
 * sha256 ba754db3cd768a524c655ea90655ee5e6055a43b8dfd29366a11e93716ae9e51
 */
export const embeddingModel: EmbeddingModel = generatedModel({
  name: "embedding-model",
  version: "1",
  sha256: "ba754db3cd768a524c655ea90655ee5e6055a43b8dfd29366a11e93716ae9e51",
  inputs: { input_1: { dtype: "float32", shape: ["batch", 76, 32, 1] } },
  outputs: { conv2d_19: { dtype: "float32", shape: ["batch", 1, 1, 96] } },
});

export interface Encoder extends Model<"encoder", object, object, "src" | "src_mask"> {
  readonly inputs: {
    src: Tensor<"int64", readonly ["batch", "src_len"]>;
    src_mask: Tensor<"bool", readonly ["batch", "src_len"]>;
  };
  readonly outputs: {
    memory_out: Tensor<"float32", readonly ["batch", "src_len", 256]>;
    src_mask_out: Tensor<"bool", readonly ["batch", "src_len"]>;
    hidden_out: Tensor<"float32", readonly ["batch", 2, 256]>;
  };
}

/**
 * encoder.onnx, by pytorch 2.14.0, opset 17
 * - input src: int64[batch, src_len]
 * - input src_mask: bool[batch, src_len]
 * - output memory_out: float32[batch, src_len, 256]
 * - output src_mask_out: bool[batch, src_len]
 * - output hidden_out: float32[batch, 2, 256]
 * sha256 f5d65df2189e5ec3929a3167d70de5f1f9eedd89dab964875039089581c5ec49
 */
export const encoder: Encoder = generatedModel({
  name: "encoder",
  version: "1",
  sha256: "f5d65df2189e5ec3929a3167d70de5f1f9eedd89dab964875039089581c5ec49",
  inputs: {
    src: { dtype: "int64", shape: ["batch", "src_len"] },
    src_mask: { dtype: "bool", shape: ["batch", "src_len"] },
  },
  outputs: {
    memory_out: { dtype: "float32", shape: ["batch", "src_len", 256] },
    src_mask_out: { dtype: "bool", shape: ["batch", "src_len"] },
    hidden_out: { dtype: "float32", shape: ["batch", 2, 256] },
  },
});

export interface HeyMarvinV01 extends Model<"hey-marvin-v0-1", object, object, "onnx::Flatten_0"> {
  readonly inputs: { "onnx::Flatten_0": Tensor<"float32", readonly ["batch", 16, 96]> };
  readonly outputs: { "39": Tensor<"float32", readonly ["batch", 1]> };
}

/**
 * hey_marvin_v0.1.onnx, by pytorch 1.12.1, opset 13
 * - input onnx::Flatten_0: float32[batch, 16, 96]
 * - output 39: float32[batch, 1]
 * - rows: axis 0 of all ports (it has the same size in all ports); a run takes 1 row
 * sha256 b6d4b794ddf2e1d6f29e9f45848e24858e2edd0d810b14e0c1c70dda9a1fcbf0
 */
export const heyMarvinV01: HeyMarvinV01 = generatedModel({
  name: "hey-marvin-v0-1",
  version: "1",
  sha256: "b6d4b794ddf2e1d6f29e9f45848e24858e2edd0d810b14e0c1c70dda9a1fcbf0",
  inputs: { "onnx::Flatten_0": { dtype: "float32", shape: ["batch", 16, 96] } },
  outputs: { "39": { dtype: "float32", shape: ["batch", 1] } },
  batchSize: 1,
});

export interface Melspectrogram extends Model<"melspectrogram", object, object, "input"> {
  readonly inputs: { input: Tensor<"float32", readonly ["batch", "samples"]> };
  readonly outputs: { output: Tensor<"float32", readonly ["batch", 1, null, 32]> };
}

/**
 * melspectrogram.onnx, by pytorch 1.11.0, opset 13
 * - input input: float32[batch, samples]
 * - output output: float32[batch, 1, ?, 32]
 * sha256 ba2b0e0f8b7b875369a2c89cb13360ff53bac436f2895cced9f479fa65eb176f
 */
export const melspectrogram: Melspectrogram = generatedModel({
  name: "melspectrogram",
  version: "1",
  sha256: "ba2b0e0f8b7b875369a2c89cb13360ff53bac436f2895cced9f479fa65eb176f",
  inputs: { input: { dtype: "float32", shape: ["batch", "samples"] } },
  outputs: { output: { dtype: "float32", shape: ["batch", 1, null, 32] } },
});

export interface SileroVadOp18Ifless extends Model<"silero-vad-op18-ifless", object, object, "input" | "sr" | "state"> {
  readonly inputs: {
    input: Tensor<"float32", readonly ["batch", "sequence"]>;
    sr: Tensor<"int64", readonly []>;
    state: Tensor<"float32", readonly [2, "batch", 128]>;
  };
  readonly outputs: {
    output: Tensor<"float32", readonly ["batch", 1]>;
    stateN: Tensor<"float32", readonly [2, "batch", 128]>;
  };
}

/**
 * silero_vad_op18_ifless.onnx, by pytorch 2.9.0+cu126, opset 18
 * - input input: float32[batch, sequence]
 * - input sr: int64[]
 * - input state: float32[2, batch, 128]
 * - output output: float32[batch, 1]
 * - output stateN: float32[2, batch, 128]
 * - rows: axis 0 of 'input' and 'output', axis 1 of 'state' and 'stateN' (symbol 'batch'); 'sr' is shared by all rows
 * sha256 7671cd04b004e9076da0d4a7b1a5aec36adf161c39230c1cb94a4fd5db6bbd28
 */
export const sileroVadOp18Ifless: SileroVadOp18Ifless = generatedModel({
  name: "silero-vad-op18-ifless",
  version: "1",
  sha256: "7671cd04b004e9076da0d4a7b1a5aec36adf161c39230c1cb94a4fd5db6bbd28",
  inputs: {
    input: { dtype: "float32", shape: ["batch", "sequence"] },
    sr: { dtype: "int64", shape: [] },
    state: { dtype: "float32", shape: [2, "batch", 128] },
  },
  outputs: {
    output: { dtype: "float32", shape: ["batch", 1] },
    stateN: { dtype: "float32", shape: [2, "batch", 128] },
  },
});
