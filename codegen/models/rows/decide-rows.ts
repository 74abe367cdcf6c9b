import type { Dim } from "../../../dsl/tensor.js";
import { usablePorts, type ModelSignature, type Port } from "../signature.js";
import { withRows, type RowAxes, type RowRule } from "./row-rule.js";
import { completeAxes } from "./stated-axes.js";
import { isConventional, isInsideRow } from "./symbols.js";

/**
 * Decides what a row of a model is, and writes "batch" at the row axis of each port. The first rule that answers wins:
 *
 * 1. the source states its row axes, as Triton's `max_batch_size` does
 * 2. a symbol with a conventional name stands in every output, once a port, at any axis, and in an input. The inputs
 *    without it are shared
 * 3. a symbol with a conventional name is first in every input that is no scalar, and no output's first dimension has
 *    another name or a size
 * 4. a symbol stands in every output and in every input that is no scalar, always at axis 0; or all these axes have no
 *    name. A size inside a row, such as `height`, does not count, and no other name counts in a model whose inputs have
 *    a conventional one
 * 5. all these axes have the same fixed size: the batch size
 * 6. a symbol as in 4, but at other axes
 * 7. otherwise the model is whole
 *
 * Ports that the handle omits do not count. A port of unknown rank neither supports nor contradicts a rule.
 *
 * @param statedBy who stated the row axes in `rowAxis` of the ports
 */
export function decideRows(model: ModelSignature, statedBy: "source" | "settings" = "source"): ModelSignature {
  if (model.rows !== undefined) return withRows(model, { axes: null, decision: model.rows });
  const stated = (): RowRule | null => completeAxes(model, statedBy);
  for (const rule of [stated, ...rules]) {
    const answer = rule(model);
    if (answer !== null) return withRows(model, answer);
  }
  return withRows(model, { axes: null, decision: { by: "none" } });
}

const rules: readonly ((model: ModelSignature) => RowRule | null)[] = [
  byConventionalSymbol,
  byConventionalInputs,
  byFirstSymbol,
  byAnonymous,
  byFixedSize,
  byOtherSymbol,
];

/** The shapes of the usable ports of known rank, by side. */
export function knownShapes(model: ModelSignature): Readonly<Record<"inputs" | "outputs", readonly KnownPort[]>> {
  const known = (ports: readonly Port[]) =>
    usablePorts(ports).flatMap(({ name, shape }) => (shape === null ? [] : [{ name, shape }]));
  return { inputs: known(model.inputs), outputs: known(model.outputs) };
}

export interface KnownPort {
  readonly name: string;
  readonly shape: readonly Dim[];
}

function byConventionalSymbol(model: ModelSignature): RowRule | null {
  const { inputs, outputs } = knownShapes(model);
  const hasUnknownInput = usablePorts(model.inputs).some(({ shape }) => shape === null);
  return bySymbol(model, (symbol) => {
    if (!isConventional(symbol)) return false;
    return inputs.some(({ shape }) => shape.includes(symbol)) || (hasUnknownInput && outputs.length > 0);
  });
}

/** Exporters often lose the name of an output's first dimension. */
function byConventionalInputs(model: ModelSignature): RowRule | null {
  const known = knownShapes(model);
  const [inputs, { outputs }] = [known.inputs.filter(isNoScalar), known];
  const symbol = inputs[0]?.shape[0];
  if (typeof symbol !== "string" || !isConventional(symbol) || outputs.length === 0) return null;
  const isFirst = ({ shape }: KnownPort) => shape[0] === symbol && shape.lastIndexOf(symbol) === 0;
  if (!inputs.every(isFirst) || !outputs.every((port) => port.shape[0] === null || isFirst(port))) return null;
  return { axes: { inputs: atFirstAxis(inputs), outputs: atFirstAxis(outputs) }, decision: { by: "symbol", symbol } };
}

function byFirstSymbol(model: ModelSignature): RowRule | null {
  const { inputs, outputs } = knownShapes(model);
  const ports = [...inputs.filter(isNoScalar), ...outputs];
  return bySymbol(model, (symbol) => goesThrough(symbol, model) && ports.every(({ shape }) => shape[0] === symbol));
}

function byOtherSymbol(model: ModelSignature): RowRule | null {
  return bySymbol(model, (symbol) => goesThrough(symbol, model));
}

/** Whether a symbol without a conventional name stands in every input that is no scalar. */
function goesThrough(symbol: string, model: ModelSignature): boolean {
  const { inputs, outputs } = knownShapes(model);
  const arrays = inputs.filter(isNoScalar);
  if (isInsideRow(symbol) || arrays.length === 0 || outputs.length === 0) return false;
  // The rows of a model with such a name are along that axis, or nowhere.
  if (arrays.some(({ shape }) => shape.some((dim) => typeof dim === "string" && isConventional(dim)))) return false;
  return arrays.every(({ shape }) => shape.includes(symbol));
}

/** The symbol that is accepted, stands in every output and never twice in a port; of several, the one first in most. */
function bySymbol(model: ModelSignature, accepts: (symbol: string) => boolean): RowRule | null {
  const { inputs, outputs } = knownShapes(model);
  const ports = [...inputs, ...outputs];
  const symbols = [...new Set(ports.flatMap(({ shape }) => shape.filter((dim) => typeof dim === "string")))];
  const countFirst = (symbol: string) => ports.filter(({ shape }) => shape[0] === symbol).length;
  const [symbol] = symbols
    .filter(
      (name) =>
        accepts(name) &&
        outputs.every(({ shape }) => shape.includes(name)) &&
        ports.every(({ shape }) => shape.indexOf(name) === shape.lastIndexOf(name)),
    )
    .sort((a, b) => countFirst(b) - countFirst(a));
  if (symbol === undefined) return null;
  const axesOf = (side: readonly KnownPort[]) =>
    new Map(
      side.flatMap(({ name, shape }) => (shape.includes(symbol) ? [[name, shape.indexOf(symbol)] as const] : [])),
    );
  return { axes: { inputs: axesOf(inputs), outputs: axesOf(outputs) }, decision: { by: "symbol", symbol } };
}

function byAnonymous(model: ModelSignature): RowRule | null {
  const first = commonFirst(model, (dim) => dim === null);
  return first === null ? null : { axes: first.axes, decision: { by: "anonymous" } };
}

function byFixedSize(model: ModelSignature): RowRule | null {
  const { inputs, outputs } = knownShapes(model);
  if (inputs.length === 0 || outputs.length === 0) return null;
  const first = commonFirst(model, (dim) => typeof dim === "number" && dim > 0);
  return typeof first?.dim !== "number" ? null : { axes: first.axes, decision: { by: "size" }, batchSize: first.dim };
}

/** Axis 0 of all ports of known rank that are no scalar inputs, if they all have the same first dimension. */
function commonFirst(
  model: ModelSignature,
  accepts: (dim: Dim) => boolean,
): { readonly axes: RowAxes; readonly dim: Dim } | null {
  const known = knownShapes(model);
  const inputs = known.inputs.filter(isNoScalar);
  const { outputs } = known;
  // A side that has ports but no known shape shows nothing. A side without ports may come from another source.
  const isSilent = (side: readonly Port[], known: readonly KnownPort[]) =>
    known.length === 0 && usablePorts(side).length > 0;
  if (isSilent(model.inputs, inputs) || isSilent(model.outputs, outputs)) return null;
  const firsts = new Set([...inputs, ...outputs].map(({ shape }) => shape[0]));
  const [dim] = firsts;
  if (firsts.size !== 1 || dim === undefined || !accepts(dim)) return null;
  return { axes: { inputs: atFirstAxis(inputs), outputs: atFirstAxis(outputs) }, dim };
}

function atFirstAxis(ports: readonly KnownPort[]): ReadonlyMap<string, number> {
  return new Map(ports.map(({ name }) => [name, 0]));
}

function isNoScalar({ shape }: KnownPort): boolean {
  return shape.length > 0;
}
