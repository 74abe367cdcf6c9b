import type { AnyConnectedModel, AnyRecord, InferOptions } from "../../../dsl/deployment.js";
import { InputError } from "../../../dsl/errors.js";
import { nameInFile } from "../../../dsl/renamed-ports.js";
import { rowAxis, rowShape } from "../../../dsl/rows.js";
import type { Port } from "../../../dsl/tensor.js";
import type { ModelConfig } from "../../config/schema.js";
import { batchReader } from "../../engine/input/batch-reader.js";
import type { InputBatch } from "../../engine/input/input-batch.js";
import { withModelConstants } from "../../engine/model-constants.js";
import { modelRunner, type Run, type RunBatch } from "../../engine/rows/model-runner.js";
import { batchToRecords } from "../../tensors/batch-to-records.js";
import { allColumns, type ColumnSelection, selectColumns } from "../../tensors/column-selection.js";
import { toColumns, toRecords } from "../../tensors/format-result.js";
import type { ChallengerResult, RequestMetadata, ResultBatch } from "../../tensors/result.js";
import type { RowsTensor, TensorData } from "../../tensors/tensor-data.js";
import { bounds } from "../../util/bounds.js";
import { CallDeadline } from "../http/call-deadline.js";
import { type ExpectedOutput, readInferAnswer } from "./infer-answer.js";
import { parseInferOptions } from "./infer-options.js";
import { needsBinary, writeInferRequest } from "./infer-request.js";
import type { OutputGroup, ServedModel } from "./served-model.js";
import { send, type Server } from "./transport.js";

interface Connection {
  readonly encoding: "json" | "binary";
  /** The model's path on the server. */
  readonly path: string;
  /** The start of messages. */
  readonly where: string;
  readonly served: ServedModel;
  /** Whether rows may share a request. */
  readonly together: boolean;
  /** How many requests of one `infer` are sent before the first is answered. */
  readonly concurrency: number;
}

/** What all requests of one `infer` share. */
interface InferCall {
  readonly deadline: CallDeadline;
  readonly parameters: RequestMetadata;
}

/** A model of an Open Inference server. */
export class RemoteModel implements AnyConnectedModel {
  readonly name: string;
  readonly #server: Server;
  readonly #connection: Connection;
  readonly #read: (input: unknown) => InputBatch;
  readonly #run: Run<InferCall>;
  /** The flat names of the columns of an answer. */
  readonly #columns: readonly string[];
  readonly #idPrefix = Math.random().toString(36).slice(2, 10);
  #requests = 0;

  constructor(server: Server, connection: Connection) {
    const { name, model, groups, missing, validations } = connection.served;
    this.name = name;
    this.#server = server;
    this.#connection = connection;
    this.#read = batchReader(name, model.inputs, refuseTables, missing);
    const flags = validations.map((validation): Port => ({
      name: flagName(validation),
      dtype: "bool",
      shape: ["batch"],
    }));
    const asked = { ...model, outputs: [...model.outputs, ...flags] as ModelConfig["outputs"] };
    const runBatch = withModelConstants(asked, this.#runBatch(asked));
    this.#run =
      asked.rows === "whole"
        ? oneRowRunner(asked, runBatch, connection.concurrency)
        : modelRunner(asked, runBatch, connection.together, connection.concurrency);
    this.#columns = [
      "time",
      ...model.inputs.map((port) => `in.${port.name}`),
      ...groups.flatMap((group) => group.ports.map((port) => `${groupName(group)}.${port.name}`)),
      "anomaly.count",
      ...validations.map(flagName),
      "check_failures",
    ];
  }

  infer(rows: readonly AnyRecord[], options?: InferOptions): Promise<AnyRecord[]>;
  infer(columns: AnyRecord, options?: InferOptions): Promise<AnyRecord>;
  async infer(input: unknown, options: InferOptions = {}): Promise<unknown> {
    const { selection, parameters } = parseInferOptions(options, this.#connection.served.kind);
    if (selection !== allColumns) selectColumns(this.#columns, selection);
    const deadline = new CallDeadline(options.timeoutMs, options.signal);
    try {
      const { form, rows, tensors } = this.#read(input);
      const { model, groups, validations } = this.#connection.served;
      const feeds = Object.fromEntries(model.inputs.map((port, i) => [port.name, tensors[i] as RowsTensor]));
      const asked = validations.length === 0 ? parameters : { ...parameters, anomaly: true };
      const outputs = await this.#run(feeds, rows, { deadline, parameters: asked }, (answered) => answered);
      const batch: ResultBatch = {
        rows,
        time: new Float64Array(rows).fill(Date.now()),
        inputs: new Map(Object.entries(feeds)),
        ...groupOutputs(groups, outputs, rows),
        failures: new Map(
          validations.map((name, i) => [name, outputs[model.outputs.length + i]?.data as Uint8Array] as const),
        ),
      };
      return formatAnswer(batch, form, selection);
    } catch (error) {
      // The other requests of this call are of no use any more.
      deadline.abandon();
      throw error;
    } finally {
      deadline.end();
    }
  }

  /** Runs the model once: one request. */
  #runBatch(model: ModelConfig): RunBatch<InferCall> {
    const { encoding, path, where, served } = this.#connection;
    const flags = served.validations.map((validation) => ({ name: flagName(validation), validation }));
    const expected = model.outputs.map((port): ExpectedOutput => {
      const name = nameInFile(model, "outputs", port.name);
      const validation = flags.find((flag) => flag.name === name)?.validation;
      return { name, dtype: port.dtype, ...(validation !== undefined && { validation }) };
    });
    const outputs = expected.map(({ name, dtype }) => ({ name, isBinary: dtype === "float16" }));
    return async (feeds, _fetches, { deadline, parameters }, use) => {
      const id = `${this.#idPrefix}-${++this.#requests}`;
      const isBinary = encoding === "binary" || needsBinary(feeds);
      const { body, headers } = writeInferRequest({ id, feeds, outputs, parameters, isBinary }, where);
      const { maxAnswerBytes = bounds.serverAnswer.limit } = this.#server;
      const bound = { ...bounds.serverAnswer, limit: maxAnswerBytes };
      const answer = await send(this.#server, { where, path: `${path}/infer`, body, headers, bound, deadline });
      return use(readInferAnswer(answer, id, expected, where));
    };
  }
}

function flagName(validation: string): string {
  return `anomaly.${validation}`;
}

function groupName({ model }: OutputGroup): string {
  return model === null ? "out" : `out_${model}`;
}

/** The outputs of an answer by group: several models that a pipeline ends with are in groups of their own. */
function groupOutputs(
  groups: readonly OutputGroup[],
  tensors: readonly RowsTensor[],
  rows: number,
): Pick<ResultBatch, "outputs" | "challengers"> {
  let outputs: ResultBatch["outputs"] = new Map();
  const challengers = new Map<string, ChallengerResult>();
  let next = 0;
  for (const { model, ports } of groups) {
    const own = new Map(ports.map((port) => [port.name, tensors[next++] as RowsTensor]));
    if (model === null) outputs = own;
    else challengers.set(model, { outputs: own, answered: new Uint8Array(rows).fill(1) });
  }
  return { outputs, challengers };
}

function refuseTables(name: string): () => never {
  return () => {
    throw new InputError(
      "SL5000",
      `'${name}' on an Open Inference server takes records or columns, not an Arrow table; give columns such as { ${"column"}: table.getChild("column").toArray() }`,
    );
  };
}

/**
 * A runner that sends each row by itself, for a model without row axes. Of a pipeline, some ports may have one all the
 * same: there, the server has one row.
 */
function oneRowRunner(model: ModelConfig, runBatch: RunBatch<InferCall>, concurrency: number): Run<InferCall> {
  const rowPorts = (ports: ModelConfig["inputs"]) =>
    ports.map((port) => ({ ...port, shape: port.shape && [...rowShape(port.shape)] }));
  const rows: ModelConfig = { ...model, inputs: rowPorts(model.inputs), outputs: rowPorts(model.outputs) };
  const axisOf = ({ shape }: Port): number => (shape === null ? -1 : rowAxis(shape));
  const inputAxes = new Map(model.inputs.map((port) => [nameInFile(model, "inputs", port.name), axisOf(port)]));
  const outputAxes = model.outputs.map(axisOf);
  const runRow: RunBatch<InferCall> = (feeds, fetches, call, use) => {
    const stacked = Object.entries(feeds).map(
      ([name, tensor]) => [name, withAxis(tensor, inputAxes.get(name) ?? -1)] as const,
    );
    return runBatch(Object.fromEntries(stacked), fetches, call, (outputs) =>
      use(outputs.map((output, i) => withoutAxis(output, outputAxes[i] ?? -1))),
    );
  };
  return modelRunner(rows, runRow, true, concurrency);
}

function withAxis(tensor: TensorData, axis: number): TensorData {
  return axis < 0 ? tensor : { ...tensor, dims: tensor.dims.toSpliced(axis, 0, 1) };
}

/** An answer for another number of rows is left as it is: the runner refuses its rank. */
function withoutAxis(tensor: TensorData, axis: number): TensorData {
  return axis < 0 || tensor.dims[axis] !== 1 ? tensor : { ...tensor, dims: tensor.dims.toSpliced(axis, 1) };
}

function formatAnswer(batch: ResultBatch, form: InputBatch["form"], selection: ColumnSelection): unknown {
  if (form === "columns") return toColumns(batch, selection);
  return selection === allColumns ? batchToRecords(batch) : toRecords(batch, selection);
}
