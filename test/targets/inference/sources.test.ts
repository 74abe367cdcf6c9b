import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { constant, defineModel, pipeline, type AnyPipeline } from "../../../dsl/index.js";
import { local } from "../../../src/targets/local/index.js";

const models = fileURLToPath(new URL("../../fixtures/models/field", import.meta.url));

type Row = Readonly<Record<string, unknown>>;
interface Case {
  readonly rows: Row[];
  readonly answers: Row[];
}
const cases = JSON.parse(readFileSync(join(models, "expected.json"), "utf8")) as Record<string, Case>;
const caseOf = (name: string): Case => cases[name] ?? { rows: [], answers: [] };
const sha256 = (file: string) =>
  createHash("sha256")
    .update(readFileSync(join(models, file)))
    .digest("hex");

const enc = defineModel({
  name: "enc",
  sha256: sha256("enc.onnx"),
  inputs: { input_ids: { dtype: "int64", shape: ["batch", "src"] } },
  outputs: { hidden: { dtype: "float32", shape: ["batch", "src", 4] } },
});
const dec = defineModel({
  name: "dec",
  sha256: sha256("dec.onnx"),
  inputs: {
    prefix: { dtype: "int64", shape: ["batch", "tgt"] },
    hidden: { dtype: "float32", shape: ["batch", "src", 4] },
  },
  outputs: { scores: { dtype: "float32", shape: ["batch", "tgt", "src"] } },
});
const vad = defineModel({
  name: "vad",
  sha256: sha256("vad_state_scalar_sr.onnx"),
  inputs: {
    input: { dtype: "float32", shape: ["batch", "seq"] },
    state: { dtype: "float32", shape: [2, "batch", 8] },
    sr: { dtype: "int64", shape: [] },
  },
  outputs: {
    output: { dtype: "float32", shape: ["batch", 1] },
    stateN: { dtype: "float32", shape: [2, "batch", 8] },
  },
});
const tokens = {
  input_ids: { dtype: "int64", shape: ["batch", "src"] },
  prefix: { dtype: "int64", shape: ["batch", "tgt"] },
} as const;

/** Deploys a pipeline and returns a function that gives the outputs of rows. */
async function deploy(made: AnyPipeline) {
  const live = await made.deploy(local({ models, durability: "off" }));
  onTestFinished(() => live.undeploy());
  return async (rows: readonly Row[]): Promise<Row[]> => {
    const records = (await live.infer([...rows])) as unknown as readonly { readonly out: Row }[];
    return records.map(({ out }) => out);
  };
}

/** Compares nested lists with an absolute tolerance of 1e-6 per number. */
function expectClose(actual: unknown, expected: unknown): void {
  if (Array.isArray(expected)) {
    expect(actual).toHaveLength(expected.length);
    expected.forEach((item, i) => expectClose((actual as unknown[])[i], item));
  } else if (typeof expected === "object" && expected !== null) {
    for (const [name, value] of Object.entries(expected)) expectClose((actual as Record<string, unknown>)[name], value);
  } else expect(Math.abs(Number(actual) - Number(expected))).toBeLessThan(1e-6);
}

describe("an encoder with its decoder, which reads a request column", () => {
  const { rows, answers } = caseOf("enc.onnx -> dec.onnx");
  const chains = {
    "the encoder's output flows on": pipeline("chain", { inputs: tokens })
      .model(enc)
      .model(dec, { prefix: "in.prefix" }),
    "the encoder's output is named": pipeline("chain", { inputs: tokens })
      .model(enc)
      .validate("some", (x) => x.out.hidden.length > 0)
      .model(dec, { prefix: "in.prefix", hidden: "enc.hidden" }),
  };
  it.each(Object.entries(chains))("%s", async (_, chain) => {
    const answer = await deploy(chain);
    expectClose(await answer(rows), answers);
    for (const [i, row] of rows.entries()) expectClose(await answer([row]), [answers[i]]);
  });
});

describe("a voice-activity detector with a fixed rate", () => {
  const { rows, answers } = caseOf("vad_state_scalar_sr.onnx");
  const forms = {
    "a bigint": pipeline("vad").model(vad, { sr: constant(16000n) }),
    "a typed array": pipeline("vad").model(vad, { sr: constant({ data: BigInt64Array.of(16000n), shape: [] }) }),
  };
  it.each(Object.entries(forms))("%s", async (_, made) => {
    const answer = await deploy(made);
    expectClose(await answer(rows), answers);
    for (const [i, row] of rows.entries()) expectClose(await answer([row]), [answers[i]]);
  });
});

it("a constant of a stacked input is repeated for each row", async () => {
  const { rows, answers } = caseOf("enc.onnx -> dec.onnx");
  const answer = await deploy(
    pipeline("fixed")
      .model(enc)
      .model(dec, { prefix: constant([3n, 0n]) }),
  );
  const ids = rows.map((row) => ({ input_ids: row["input_ids"] }));
  for (const batch of [ids, ids.slice(0, 1), [...ids, ...ids]]) {
    const found = await answer(batch);
    expectClose(found[0], answers[0]);
    expect(found).toHaveLength(batch.length);
  }
});

it("a second step reads an output of the first one and a request column", async () => {
  const vad2 = defineModel({ ...vad, name: "vad-2" });
  const { rows } = caseOf("vad_state_scalar_sr.onnx");
  const once = await deploy(pipeline("once").model(vad, { sr: constant(16000n) }));
  const twice = await deploy(
    pipeline("twice")
      .model(vad, { sr: constant(16000n) })
      .model(vad2, { input: "in.input", state: "vad.stateN", sr: constant(16000n) }),
  );
  const first = await once(rows);
  expectClose(await twice(rows), await once(rows.map((row, i) => ({ ...row, state: first[i]?.["stateN"] }))));
});

describe("a step reads a model whose output is not the current one", () => {
  const { rows, answers } = caseOf("enc.onnx -> dec.onnx");
  const enc2 = defineModel({ ...enc, name: "enc-2" });
  const sources = { prefix: "in.prefix", hidden: "enc-2.hidden" } as const;
  const start = pipeline("side", { inputs: tokens });
  it.each(
    Object.entries({
      "a challenger, before the answer": start.shadow(enc, [enc2]).model(dec, sources),
      "a model that was not selected": start.models([enc, enc2]).select(0).model(dec, sources),
    }),
  )("%s", async (_, made) => {
    const answer = await deploy(made);
    expectClose(await answer(rows), answers);
  });
});
