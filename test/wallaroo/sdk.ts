import { gunzipSync } from "node:zlib";
import { oracleBytes, oracleFile } from "./oracle-files.js";
import { defineModel, type Model, tensor } from "shapeline";
import { portsOf } from "../../dsl/index.js";
import { sha256Hex } from "../../src/config/digest/sha256.js";

/** A pipeline that the platform's SDK built, or its error. Written by `test/oracles/wallaroo/build_definitions.py`. */
export interface SdkCase {
  readonly kind: "steps" | "checks";
  readonly name: string;
  readonly calls: readonly (readonly [method: string, ...args: never[]])[];
  /** The definition as text, from the body of the SDK's HTTP request. */
  readonly text?: string;
  readonly error?: string;
}

/** A pipeline that the platform's SDK edited. Written by `test/oracles/wallaroo/build_edits.py`. */
export interface EditedCase {
  readonly calls: readonly (readonly [method: string, ...args: unknown[]])[];
  /** The definition as text, from the body of the SDK's HTTP request. */
  readonly text: string;
  /** What the SDK sends beside the definition for alerts. */
  readonly alerts?: readonly { readonly name: string; readonly expression: string }[];
}

export const versions = ["2026.1.3", "2023.4.1"] as const;
export type SdkVersion = (typeof versions)[number];

export function sdkCases(version: SdkVersion): SdkCase[] {
  return JSON.parse(oracleFile(`sdk-${version}.json`)) as SdkCase[];
}

export function editedCases(version: SdkVersion): EditedCase[] {
  const lines = gunzipSync(oracleBytes(`edits-${version}.jsonl.gz`))
    .toString()
    .trimEnd()
    .split("\n");
  return lines.map((line) => JSON.parse(line) as EditedCase);
}

const b = "batch";
const score = { dense_1: tensor("float32", [b, 1]) };

/** The models of the Python program, with ports. */
export const handles: ReadonlyMap<string, Model> = new Map(
  [
    ...["ccfraud", "ccfraud-xgb", "ccfraud-rf", "house", "small"].map((name) =>
      defineModel({ name, sha256: sha256Hex(name), inputs: score, outputs: score }),
    ),
    defineModel({
      name: "tiny",
      sha256: sha256Hex("tiny"),
      inputs: { x: tensor("float64", [b, 2]) },
      outputs: {
        list: tensor("float64", [b, 2]),
        i: tensor("int32", [b]),
        d: tensor("float64", [b]),
        e: tensor("float64", [b]),
        f: tensor("float32", [b, 2]),
        u8: tensor("uint8", [b]),
        n: tensor("int64", [b]),
        m: tensor("uint64", [b]),
        q: tensor("uint64", [b]),
        b: tensor("bool", [b]),
        c: tensor("bool", [b]),
        s: tensor("string", [b]),
        open: tensor("float64", [b, null]),
        grid: tensor("float64", [b, 2, 2]),
      },
    }),
  ].map((model) => [model.name, model]),
);

export const known = [...handles.values()].map(({ name, sha256, inputs, outputs }) => ({
  name,
  sha256,
  inputs: portsOf(inputs),
  outputs: portsOf(outputs),
}));
