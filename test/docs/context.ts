// What the snippets of docs/ use without declaring or importing it: each name is imported where a snippet has it. The
// test compiles a copy, as deep in the repository as this file.
import type { Table } from "apache-arrow";
import { defineModel, type InferInput, tensor } from "shapeline";
import type { readSignature } from "shapeline/codegen";
import { local } from "shapeline/local";
import type { fromDefinition, runnableDefinition } from "shapeline/wallaroo";
import { fraud } from "../../examples/fraud/fraud.pipeline.js";

export const sha256 = "0".repeat(64);
const handle = <const N extends string, const I extends string>(name: N, input: I) =>
  defineModel({
    name,
    sha256,
    inputs: { [input]: tensor("float32", ["batch", 29]) } as { readonly [K in I]: ReturnType<typeof row29> },
    outputs: { dense_1: tensor("float32", ["batch", 1]) },
  });
const row29 = () => tensor("float32", ["batch", 29]);
export const ccfraud = handle("ccfraud", "dense_input");
export const ccfraudXgb = handle("ccfraud-xgb", "dense_input");
export const ccfraudRf = handle("ccfraud-rf", "dense_input");
export const control = handle("control", "tensor");
export const challenger = handle("challenger", "tensor");
export const scorer = defineModel({
  name: "scorer",
  sha256,
  inputs: { x: row29() },
  outputs: { probabilities: tensor("float32", ["batch", 3]) },
});
export const decoder = defineModel({
  name: "decoder",
  sha256,
  inputs: {
    hidden: tensor("float32", ["batch", "src", 64]),
    prefix: tensor("int64", ["batch", "tgt"]),
    scale: tensor("float32", []),
  },
  outputs: { logits: tensor("float32", ["batch", "tgt", 100]) },
});
export const encoder = defineModel({
  name: "encoder",
  sha256,
  inputs: { ids: tensor("int64", ["batch", "src"]) },
  outputs: { hidden: tensor("float32", ["batch", "src", 64]) },
});

export const bert = defineModel({
  name: "bert",
  sha256,
  inputs: { ids: tensor("int64", ["batch", "seq"]) },
  outputs: { hidden: tensor("float32", ["batch", "seq", 8]) },
});
export const pool = defineModel({
  name: "pool",
  sha256,
  inputs: { hidden: tensor("float32", ["batch", 128, 8]) },
  outputs: { y: tensor("float32", ["batch", 8]) },
});
export const other = defineModel({
  name: "other",
  sha256,
  inputs: { embedding: tensor("float32", ["batch", 16]) },
  outputs: { risk: tensor("float32", ["batch", 1]) },
});

export const live = await fraud.deploy(local());
export declare const pixels: readonly number[] & { readonly length: 64 };
export declare const rows: readonly InferInput<typeof fraud>[];
export declare const arrowTable: Table;
export declare const text: string;
export declare const token: string;
export declare const signal: AbortSignal;
export declare const signatures: Awaited<ReturnType<typeof readSignature>>[];
export declare const definition: Parameters<typeof fromDefinition>[0];
export declare const uploaded: Parameters<typeof runnableDefinition>[1]["models"];
