import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { generateModels } from "../../../../codegen/models/generate.js";
import { parseGenerated, type GeneratedModel } from "../../../../codegen/models/write/parse-generated.js";
import { describeRows } from "../../../../codegen/models/rows/describe-rows.js";
import { defineModel, type Model, type PortDefinitions } from "../../../../dsl/model.js";
import { rowAxis } from "../../../../dsl/rows.js";
import { pipeline } from "shapeline";
import { local } from "shapeline/local";
import { makeProject } from "../workspace.js";

const folder = fileURLToPath(new URL("../../../fixtures/models/field/", import.meta.url));

type Value = number | boolean | readonly Value[];
type Row = Readonly<Record<string, Value>>;

/** What each row of a small model must answer: the rows were run alone by Python's ONNX Runtime. */
interface Case {
  readonly rows: readonly Row[];
  readonly shared: Row;
  readonly rowAxis: Readonly<Record<string, number>> | "whole" | null;
  readonly answers: readonly Row[];
}
const cases = Object.entries(
  JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as Record<string, Case>,
).filter(([file]) => !file.includes("->"));

/** The model as the generated file has it, without any settings. */
async function generated(file: string): Promise<GeneratedModel> {
  const { text } = await generateModels({ models: [join(folder, file)], cwd: makeProject() });
  const [model] = await parseGenerated(text);
  if (model === undefined) throw new TypeError(`${file} has no handle`);
  return model;
}

describe.each(cases)("%s, generated without settings", (file, { rows, shared, rowAxis: axes, answers }) => {
  test("has its row axes where the file's rows are", async () => {
    const { inputs, outputs } = await generated(file);
    const found = [...inputs, ...outputs].flatMap(([name, { shape }]) => {
      const axis = shape === null ? -1 : rowAxis(shape);
      return axis < 0 ? [] : [[name, axis] as const];
    });
    expect(Object.fromEntries(found)).toEqual(axes === "whole" ? {} : axes);
  });

  test("answers each row of a deployed pipeline right, together and alone", async () => {
    const { name, version, sha256, inputs, outputs, batchSize } = await generated(file);
    const model: Model = defineModel({
      name,
      version,
      sha256,
      inputs: Object.fromEntries(inputs) as PortDefinitions,
      outputs: Object.fromEntries(outputs) as PortDefinitions,
      batchSize,
    });
    const live = await pipeline("field")
      .model(model)
      .deploy(local({ models: dirname(join(folder, file)), data: makeProject() }));
    onTestFinished(() => live.close());
    const records = rows.map((row) => ({ ...row, ...shared }));
    const together = (await live.infer(records as never)) as readonly { readonly out: Row }[];
    for (const [row, answer] of answers.entries()) {
      expectClose(together[row]?.out, answer);
      const alone = (await live.infer([records[row]] as never)) as readonly { readonly out: Row }[];
      expectClose(alone[0]?.out, answer);
    }
  });
});

/** The outputs of a row: each number to 1e-6, relative to large ones. A port of one number may be that number. */
function expectClose(out: Row | undefined, answer: Row): void {
  for (const [name, value] of Object.entries(answer)) {
    const [got, wanted] = [flat(out?.[name] ?? []), flat(value)];
    expect(got.length).toBe(wanted.length);
    for (const [i, number] of wanted.entries())
      expect(Math.abs(Number(got[i]) - number)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(number)));
  }
}

function flat(value: Value): number[] {
  return Array.isArray(value) ? value.flatMap((part: Value) => flat(part)) : [Number(value)];
}

test("says what a row is, where it is not the plain case", async () => {
  const lines: string[] = [];
  for (const [file] of cases) {
    const { models } = await generateModels({ models: [join(folder, file)], cwd: makeProject() });
    for (const model of models) lines.push(`${model.name}: ${describeRows(model) ?? "-"}`);
  }
  expect(lines.join("\n")).toMatchInlineSnapshot(`
    "state-dim1-add: axis 0 of 'x' and 'y', axis 1 of 'state' and 'stateN' (symbol 'batch')
    time-major: axis 0 of 'x', axis 1 of 'probs' (symbol 'batch')
    hwc-nobatch: whole: each row is a run of its own, and its values are whole tensors (no dimension stands for rows in the inputs and all outputs)
    gnn: whole: each row is a run of its own, and its values are whole tensors (no dimension stands for rows in the inputs and all outputs)
    shared-input: axis 0 of the other ports (symbol 'N'); 'keys' is shared by all rows
    scalar-threshold: axis 0 of the other ports (symbol 'batch'); 't' is shared by all rows
    vad-state-scalar-sr: axis 0 of 'input' and 'output', axis 1 of 'state' and 'stateN' (symbol 'batch'); 'sr' is shared by all rows
    question-mark-dims: -
    enc: -
    ext-encoder: -
    piper-like: axis 0 of the other ports (symbol 'batch_size'); 'scales' is shared by all rows
    fixed4: axis 0 of all ports (it has the same size in all ports); a run takes 4 rows
    bf16: -"
  `);
});
