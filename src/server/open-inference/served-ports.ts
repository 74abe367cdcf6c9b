import { InputError } from "../../../dsl/errors.js";
import { rowAxis } from "../../../dsl/rows.js";
import type { Dim, DType, Port } from "../../../dsl/tensor.js";
import type { Config } from "../../config/schema.js";
import { outputModel, returnedTupleModels } from "../../config/step-models.js";
import { requestAxes } from "../../engine/input/request-tensors.js";
import { stackRows } from "../../engine/rows/stack-rows.js";
import { failureCounts, type ResultBatch } from "../../tensors/result.js";
import { isRagged, type RowsTensor } from "../../tensors/tensor-data.js";
import { didYouMean } from "../../util/did-you-mean.js";
import { joinNames } from "../../util/join-names.js";
import { datatypes } from "./datatypes.js";
import type { InferenceTensor, TensorMetadata } from "./protocol.js";

/** An output that a request may ask for. */
export interface ServedOutput extends TensorMetadata {
  readonly dtype: DType;
  /** Takes it out of a batch, in the model's own axes. */
  readonly read: (batch: ResultBatch) => InferenceTensor;
}

/** The inputs and outputs of a config as clients of the protocol see them. */
export interface ServedPorts {
  readonly inputs: readonly TensorMetadata[];
  /** Answered unless a request names others. */
  readonly outputs: readonly ServedOutput[];
  /** The validations: `anomaly.<name>` and `anomaly.count`. */
  readonly validations: readonly ServedOutput[];
  readonly byName: ReadonlyMap<string, ServedOutput>;
}

const known = new WeakMap<Config, ServedPorts>();

export function servedPorts(config: Config): ServedPorts {
  let ports = known.get(config);
  if (ports === undefined) known.set(config, (ports = portsOf(config)));
  return ports;
}

/**
 * The outputs that a request asks for, in its order.
 *
 * @throws InputError SL5031 for a name that is no output
 */
export function requestedOutputs(
  config: Config,
  names: readonly string[] | undefined,
  anomaly: boolean,
): readonly ServedOutput[] {
  const { outputs, validations, byName } = servedPorts(config);
  if (names === undefined || names.length === 0) return anomaly ? [...outputs, ...validations] : outputs;
  const asked = [...new Set(names)].map((name) => {
    const output = byName.get(name);
    if (output !== undefined) return output;
    const all = [...byName.keys()];
    throw new InputError(
      "SL5031",
      `'${config.name}' has no output '${name}'${didYouMean(name, all)}; its outputs are ${joinNames(all)}`,
      { column: name },
    );
  });
  return anomaly ? [...asked, ...validations.filter((output) => !asked.includes(output))] : asked;
}

function portsOf(config: Config): ServedPorts {
  const axes = requestAxes(config);
  const manyRows = axes.some((at) => at !== "whole");
  const outputs = ownOutputs(config, manyRows);
  const names = new Set(outputs.map(({ name }) => name));
  // A port of the model keeps its name.
  const validations = validationOutputs(config, manyRows).filter(({ name }) => !names.has(name));
  return {
    inputs: config.inputs.map(({ name, dtype, shape }) => ({ name, datatype: datatypes[dtype], shape: sizes(shape) })),
    outputs,
    validations,
    byName: new Map([...outputs, ...validations].map((output) => [output.name, output])),
  };
}

/** The outputs of the last model, or those of all models of a tuple as `out_<model>.<port>`. */
function ownOutputs(config: Config, manyRows: boolean): ServedOutput[] {
  const outputsOf = (name: string): readonly Port[] =>
    config.models.find((model) => model.name === name)?.outputs ?? [];
  const last = outputModel(config.steps);
  if (last !== null)
    return outputsOf(last).map((port) =>
      portOutput(port, port.name, manyRows, ({ outputs }) => outputs.get(port.name)),
    );
  return returnedTupleModels(config.steps).flatMap((model) =>
    outputsOf(model).map((port) =>
      portOutput(port, `out_${model}.${port.name}`, manyRows, ({ challengers }) =>
        challengers.get(model)?.outputs.get(port.name),
      ),
    ),
  );
}

function portOutput(
  port: Port,
  name: string,
  manyRows: boolean,
  find: (batch: ResultBatch) => RowsTensor | undefined,
): ServedOutput {
  const { dtype, shape } = port;
  const axis = shape === null ? 0 : rowAxis(shape);
  // A whole tensor for each of many rows: the rows come first.
  const at = axis >= 0 ? axis : manyRows ? 0 : null;
  const own = sizes(shape);
  return {
    name,
    dtype,
    datatype: datatypes[dtype],
    shape: axis < 0 && manyRows ? [-1, ...own] : own,
    read(batch) {
      const tensor = find(batch);
      if (tensor === undefined || isRagged(tensor)) throw differentShapes(name);
      const { dims, data } = tensor;
      if (at === 0) return { name, dtype, shape: dims, data };
      if (at === null) return { name, dtype, shape: dims.slice(1), data };
      const all = Array.from({ length: batch.rows }, (_, row) => row);
      const stacked = stackRows(tensor, all, at, batch.rows);
      return { name, dtype, shape: stacked.dims, data: stacked.data };
    },
  };
}

function validationOutputs({ steps }: Config, manyRows: boolean): ServedOutput[] {
  const shape = [manyRows ? -1 : 1];
  const names = steps.flatMap((step) => (step.kind === "validation" ? [step.name] : []));
  const flags = names.map((validation): ServedOutput => ({
    name: `anomaly.${validation}`,
    dtype: "bool",
    datatype: datatypes.bool,
    shape,
    read: ({ rows, failures }) => ({
      name: `anomaly.${validation}`,
      dtype: "bool",
      shape: [rows],
      data: failures.get(validation) ?? new Uint8Array(rows),
    }),
  }));
  const count: ServedOutput = {
    name: "anomaly.count",
    dtype: "int32",
    datatype: datatypes.int32,
    shape,
    read: (batch) => ({ name: "anomaly.count", dtype: "int32", shape: [batch.rows], data: failureCounts(batch) }),
  };
  return [...flags, count];
}

/** -1 for all sizes that are open. An unknown rank has no form in the protocol: one open size. */
function sizes(shape: readonly Dim[] | null): readonly number[] {
  return shape?.map((dim) => (typeof dim === "number" ? dim : -1)) ?? [-1];
}

function differentShapes(output: string): InputError {
  return new InputError(
    "SL5023",
    `the rows of output '${output}' have different shapes, which one tensor cannot hold; send the rows in separate requests`,
    { output },
  );
}
