import { TargetError } from "../../../dsl/errors.js";
import { nameInFile } from "../../../dsl/renamed-ports.js";
import type { Port } from "../../../dsl/tensor.js";
import { bounds } from "../../util/bounds.js";
import { joinNames } from "../../util/join-names.js";
import { isRecord } from "../../util/objects.js";
import { datatypeOf, dtypeOf } from "../../util/open-inference-datatypes.js";
import type { CallDeadline } from "../http/call-deadline.js";
import type { ServedModel } from "./served-model.js";
import { oneLine } from "../http/one-line.js";
import { send, type Server } from "./transport.js";

/** One tensor of a model's metadata. */
interface TensorMetadata {
  readonly name: string;
  readonly datatype: string;
  /** Sizes; -1 is any. */
  readonly shape: readonly number[];
}

/**
 * Reads a model's metadata and compares it with a handle or pipeline.
 *
 * @param path the model's path on the server
 * @throws TargetError SL6056 for ports that differ, SL6057 for a server without metadata, and those of `send`
 */
export async function checkMetadata(
  server: Server,
  path: string,
  where: string,
  served: ServedModel,
  deadline: CallDeadline,
): Promise<void> {
  const { bytes } = await send(server, { where, path, bound: bounds.serverMetadata, deadline });
  const text = new TextDecoder().decode(bytes);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    const what = /^\s*</.test(text) ? "an HTML page" : text.trim() === "" ? "nothing" : oneLine(text);
    throw new TargetError(
      "SL6055",
      `${where}: its metadata is not JSON but ${what}; check that the url is that of an Open Inference server`,
      {},
      { cause },
    );
  }
  const inputs = tensorsOf(body, "inputs");
  const outputs = tensorsOf(body, "outputs");
  if (inputs === null || outputs === null || inputs.length + outputs.length === 0)
    throw new TargetError(
      "SL6057",
      `${where}: the server returns no metadata of the model's ${inputs === null || outputs === null ? "inputs and outputs" : "tensors"}, so that the ${served.kind} cannot be compared with it; declare them on the server, or connect without the comparison: connect(…, { checkMetadata: false })`,
    );
  const flaws = [...inputFlaws(served, inputs), ...outputFlaws(served, outputs)];
  if (flaws.length === 0) return;
  const advice =
    served.kind === "model" ? "generate the handle from the model that is served" : "deploy the pipeline again";
  throw new TargetError("SL6056", `${where} differs from the ${served.kind}: ${flaws.join("; ")}; ${advice}`, {
    flaws,
  });
}

/** Null if the metadata has no list of tensors there. */
function tensorsOf(body: unknown, side: "inputs" | "outputs"): readonly TensorMetadata[] | null {
  const list = isRecord(body) ? body[side] : undefined;
  if (!Array.isArray(list)) return null;
  return list.every(isTensorMetadata) ? list : null;
}

/** Some gateways write sizes as text, as gRPC's JSON has 64-bit integers. */
function isTensorMetadata(value: unknown): value is TensorMetadata {
  return (
    isRecord(value) &&
    typeof value["name"] === "string" &&
    typeof value["datatype"] === "string" &&
    Array.isArray(value["shape"]) &&
    value["shape"].every((size) => Number.isSafeInteger(Number(size)))
  );
}

function inputFlaws({ model, kind }: ServedModel, found: readonly TensorMetadata[]): string[] {
  const constants = Object.entries(model.constants ?? {}).map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
  const ports = [
    ...model.inputs.map((port) => ({ ...port, called: port.name, name: nameInFile(model, "inputs", port.name) })),
    ...constants.map((port) => ({ ...port, called: port.name })),
  ];
  const extra = found.filter(({ name }) => !ports.some((port) => port.name === name));
  return [
    ...ports.flatMap((port) => portFlaw("input", port, found, model.batchSize)),
    ...extra.map(
      (tensor) =>
        `the server also needs input '${oneLine(tensor.name)}', ${tensorText(tensor)}, which the ${kind} has not`,
    ),
  ];
}

function outputFlaws({ model }: ServedModel, found: readonly TensorMetadata[]): string[] {
  return model.outputs.flatMap((port) =>
    portFlaw(
      "output",
      { ...port, called: port.name, name: nameInFile(model, "outputs", port.name) },
      found,
      model.batchSize,
    ),
  );
}

type NamedPort = Port & {
  /** The name in the handle; `name` is the one on the server. */
  readonly called: string;
};

function portFlaw(
  side: "input" | "output",
  port: NamedPort,
  found: readonly TensorMetadata[],
  batchSize: number | undefined,
): string[] {
  const { name, called, dtype, shape } = port;
  const place = `${side} '${name}'${called === name ? "" : ` (called '${called}' here)`}`;
  const expected = `${datatypeOf(dtype)}${shape === null ? "" : shapeText(shape.map((dim) => openSize(dim, batchSize)))}`;
  const there = found.find((tensor) => tensor.name === name);
  if (there === undefined) {
    const names = found.map((tensor) => oneLine(tensor.name));
    return [`${place}: expected ${expected}, found ${names.length === 0 ? `no ${side}` : joinNames(names)}`];
  }
  const sizes = there.shape.map(Number);
  const fits =
    dtypeOf(there.datatype) === dtype &&
    (shape === null ||
      (sizes.length === shape.length && shape.every((dim, axis) => takes(side, dim, sizes[axis] ?? 0, batchSize))));
  return fits ? [] : [`${place}: expected ${expected}, found ${tensorText(there)}`];
}

/**
 * Whether a size of the server takes a dimension of the handle. An output may be fixed where the handle leaves it open;
 * an input of the server must take every size that the handle allows.
 */
function takes(
  side: "input" | "output",
  dim: Port["shape"] extends readonly (infer D)[] | null ? D : never,
  size: number,
  batchSize: number | undefined,
): boolean {
  if (size < 0) return true;
  if (dim === "batch") return size === batchSize;
  return typeof dim === "number" ? size === dim : side === "output";
}

function openSize(dim: string | number | null, batchSize: number | undefined): number {
  if (dim === "batch") return batchSize ?? -1;
  return typeof dim === "number" ? dim : -1;
}

function tensorText({ datatype, shape }: TensorMetadata): string {
  return `${oneLine(datatype)}${shapeText(shape)}`;
}

function shapeText(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}
