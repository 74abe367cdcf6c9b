import { didYouMean } from "../../../src/util/did-you-mean.js";
import { joinNames } from "../../../src/util/join-names.js";
import { formatTensor } from "../../../src/config/format-tensor.js";
import type { ModelError } from "../../../dsl/errors.js";
import { isBatched } from "../../../dsl/rows.js";
import type { Dim } from "../../../dsl/tensor.js";
import type { ModelOverride } from "../../settings/schema.js";
import { usablePorts, type ModelSignature, type Port } from "../signature.js";
import { decideRows } from "./decide-rows.js";
import { withRows, type RowAxes } from "./row-rule.js";

/** The settings about the rows of one model. */
export type RowSettings = Pick<ModelOverride, "rows" | "batchSize" | "shapes">;

/** Creates the error for a setting that does not fit the model, from the end of the sentence. */
export type Refuse = (what: string) => ModelError;

/**
 * Decides what a row of a model is: as the settings say, and otherwise by the rules of `decideRows`. The names of ports
 * are the file's.
 */
export function decideRowsWith(model: ModelSignature, settings: RowSettings, refuse: Refuse): ModelSignature {
  const { rows, batchSize, shapes = {} } = settings;
  const shaped = withShapes(model, shapes, refuse);
  const stated = Object.keys(shapes).find((port) => shapes[port]?.includes("batch"));
  if (rows === false) {
    if (stated !== undefined)
      throw refuse(
        `'rows: false' says that it is whole, but 'shapes' has "batch" in port '${stated}': keep one of both`,
      );
    if (batchSize !== undefined)
      throw refuse("'rows: false' says that it is whole, so it has no 'batchSize': keep one of both");
    return withRows(shaped, { axes: null, decision: { by: "settings" } });
  }
  const decided =
    rows === undefined ? decideFrom(shaped, stated, refuse) : withStatedRows(shaped, rows, batchSize, refuse);
  return batchSize === undefined ? decided : withBatchSize(decided, batchSize, refuse);
}

/** Decides a model whose `shapes` may state the row axis of `stated`. */
function decideFrom(model: ModelSignature, stated: string | undefined, refuse: Refuse): ModelSignature {
  if (stated === undefined) return decideRows(model);
  const { rows: _, ...open } = model;
  const decided = decideRows(open, "settings");
  if (decided.rows?.by === "settings") return decided;
  throw refuse(
    `'shapes' has "batch" in port '${stated}', but the row axes of the other ports do not follow from it: name the axis of each port in 'rows', such as ${rowsExample(model)}`,
  );
}

/** Replaces the shapes that a file declares wrongly. `"batch"` in one is the row axis. */
function withShapes(model: ModelSignature, shapes: NonNullable<RowSettings["shapes"]>, refuse: Refuse): ModelSignature {
  for (const [name, shape] of Object.entries(shapes)) {
    requireUsable(model, "shapes", name, refuse);
    if (shape.indexOf("batch") !== shape.lastIndexOf("batch"))
      throw refuse(`'shapes' has "batch" more than once in port '${name}': rows are stacked along one axis`);
  }
  const replace = (port: Port): Port => {
    const shape = Object.hasOwn(shapes, port.name) ? shapes[port.name] : undefined;
    if (shape === undefined) return port;
    const { rowAxis: _, ...rest } = port;
    return { ...rest, shape, ...(shape.includes("batch") && { rowAxis: shape.indexOf("batch") }) };
  };
  return { ...model, inputs: model.inputs.map(replace), outputs: model.outputs.map(replace) };
}

/** Applies `rows: { port: axis }`. Inputs that it does not name are shared. A fixed size there is the batch size. */
function withStatedRows(
  model: ModelSignature,
  rows: Readonly<Record<string, number>>,
  batchSize: number | undefined,
  refuse: Refuse,
): ModelSignature {
  const sizes = new Map<number, string>();
  for (const [name, axis] of Object.entries(rows)) {
    for (const port of requireUsable(model, "rows", name, refuse)) {
      const dim = requireAxis(port, axis, refuse);
      if (typeof dim === "number") sizes.set(dim, name);
    }
  }
  const [[size, port] = [], [otherSize, otherPort] = []] = [...sizes];
  if (otherSize !== undefined)
    throw refuse(
      `'rows' names an axis of size ${size} of port '${port}' and one of size ${otherSize} of port '${otherPort}': the number of rows of one run is the same in all ports`,
    );
  if (size === 0) throw refuse(`'rows' names an axis of size 0 of port '${port}', which holds no row`);
  const axesOf = (ports: readonly Port[]): ReadonlyMap<string, number> =>
    new Map(usablePorts(ports).flatMap(({ name }) => (Object.hasOwn(rows, name) ? [[name, rows[name] ?? 0]] : [])));
  const axes: RowAxes = { inputs: axesOf(model.inputs), outputs: axesOf(model.outputs) };
  const without = usablePorts(model.outputs).filter(({ name }) => !axes.outputs.has(name));
  if (axes.inputs.size === 0 || without.length > 0) {
    const missing = without.length > 0 ? `no axis for output '${without[0]?.name}'` : "no axis for any input";
    throw refuse(
      `'rows' has ${missing}: rows are stacked in at least one input and every output. Name them all, such as ${rowsExample(model)}, or set 'rows: false' to run the model once for each row`,
    );
  }
  const stated = size ?? batchSize;
  return withRows(model, {
    axes,
    decision: { by: "settings" },
    ...(stated !== undefined && { batchSize: stated }),
  });
}

function withBatchSize(model: ModelSignature, batchSize: number, refuse: Refuse): ModelSignature {
  if (!isBatched({ inputs: usablePorts(model.inputs), outputs: usablePorts(model.outputs) }))
    throw refuse(
      `'batchSize' is ${batchSize}, but the model is whole: it runs once for each row. Name its row axes in 'rows', such as ${rowsExample(model)}`,
    );
  if (model.batchSize !== undefined && model.batchSize !== batchSize)
    throw refuse(
      `'batchSize' is ${batchSize}, but the file fixes ${model.batchSize} rows a run: remove 'batchSize', or correct the file's shapes in 'shapes'`,
    );
  return { ...model, batchSize };
}

function requireAxis(port: Port, axis: number, refuse: Refuse): Dim {
  const { name, shape } = port;
  if (shape === null) {
    if (axis === 0) return null;
    throw refuse(
      `'rows' names axis ${axis} of port '${name}', whose rank is unknown: state its shape in 'shapes', such as { "${name}": [null, "batch"] }`,
    );
  }
  const dim = shape[axis];
  if (dim !== undefined) return dim;
  throw refuse(
    shape.length === 0
      ? `'rows' names axis ${axis} of port '${name}', which is a scalar and has no axis: leave it out, and all rows share it`
      : `'rows' names axis ${axis} of port '${name}', which is ${formatTensor(port)}: its axes are 0 to ${shape.length - 1}`,
  );
}

/** The ports of a name, at least one of which the handle has: an input and an output may share a name. */
function requireUsable(model: ModelSignature, setting: string, name: string, refuse: Refuse): readonly Port[] {
  const ports = [...model.inputs, ...model.outputs];
  const found = ports.filter((port) => port.name === name);
  const names = [...new Set(ports.map((port) => port.name))];
  const [first] = found;
  if (first === undefined)
    throw refuse(
      `'${setting}' lists port '${name}', which the model does not have${didYouMean(name, names)}; its ports are ${joinNames(names)}`,
    );
  const usable = usablePorts(found);
  if (usable.length === 0)
    throw refuse(`'${setting}' lists '${name}', which the handle omits: it is ${first.unsupported}`);
  return usable;
}

/** The setting with all ports along axis 0: `rows: { x: 0, y: 0 }`. */
export function rowsExample({ inputs, outputs }: ModelSignature): string {
  const stacked = usablePorts(inputs).filter(({ shape }) => shape?.length !== 0);
  const names = [...new Set([...stacked, ...usablePorts(outputs)].map(({ name }) => name))].slice(0, 4);
  const key = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));
  return `rows: { ${names.map((name) => `${key(name)}: 0`).join(", ")} }`;
}
