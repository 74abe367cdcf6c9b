import { ModelError } from "../../dsl/errors.js";
import type { Side } from "../../dsl/renamed-ports.js";
import type { Dim } from "../../dsl/tensor.js";
import { formatTensor } from "../../src/config/format-tensor.js";
import { formatLabels } from "./write/format-labels.js";
import type { ModelSignature, Port } from "./signature.js";

/**
 * Merges several descriptions of one model. Later sources fill the gaps of the first, whose name and digest are kept.
 * A source with an empty list of inputs (or outputs) adds nothing to that side.
 *
 * @throws ModelError SL3052 with every difference, if the sources disagree
 */
export function mergeSources(sources: readonly [ModelSignature, ...ModelSignature[]]): ModelSignature {
  const [first, ...others] = sources;
  const problems: string[] = [];
  const merged = others.reduce((model, other) => mergePair(model, other, problems), first);
  if (problems.length > 0) {
    throw new ModelError(
      "SL3052",
      `the sources of model '${first.name}' disagree:\n${problems.map((problem) => `  ${problem}`).join("\n")}\nCorrect the wrong source, or remove it from 'sources'.`,
      { model: first.name, problems },
    );
  }
  return merged;
}

function mergePair(model: ModelSignature, other: ModelSignature, problems: string[]): ModelSignature {
  const labels = mergeLabels(model, other, problems);
  return {
    ...model,
    inputs: mergePorts(model, other, "inputs", problems),
    outputs: mergePorts(model, other, "outputs", problems),
    producer: model.producer === "" ? other.producer : model.producer,
    doc: model.doc === "" ? other.doc : model.doc,
    metadata: { ...other.metadata, ...model.metadata },
    ...((model.version ?? other.version) !== undefined && { version: model.version ?? other.version }),
    ...(Object.keys(labels).length > 0 && { labels }),
  };
}

/** Labels with names replace labels that are only numbers. */
function mergeLabels(
  model: ModelSignature,
  other: ModelSignature,
  problems: string[],
): Readonly<Record<string, readonly string[]>> {
  const [ours, theirs] = [new Map(Object.entries(model.labels ?? {})), new Map(Object.entries(other.labels ?? {}))];
  const merged = [...ours].map(([port, here]) => {
    const there = theirs.get(port);
    if (there === undefined || sameLabels(here, there)) return [port, here] as const;
    if (here.length === there.length && here.every(isInteger)) return [port, there] as const;
    if (here.length !== there.length || !there.every(isInteger)) {
      problems.push(
        `the labels of output '${port}' are ${formatLabels(here)} in '${model.file ?? model.name}' and ${formatLabels(there)} in '${other.file ?? other.name}'`,
      );
    }
    return [port, here] as const;
  });
  return Object.fromEntries([...theirs, ...merged]);
}

function sameLabels(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((label, i) => label === b[i]);
}

function isInteger(label: string): boolean {
  return /^-?\d+$/.test(label);
}

function mergePorts(model: ModelSignature, other: ModelSignature, side: Side, problems: string[]): readonly Port[] {
  if (other[side].length === 0) return model[side];
  if (model[side].length === 0) return other[side];
  const [here, there] = [model.file ?? model.name, other.file ?? other.name];
  const role = side.slice(0, -1);
  const [onlyPort] = model[side];
  const [otherPort] = other[side];
  // A source may omit the name of its only port.
  if (
    onlyPort !== undefined &&
    otherPort !== undefined &&
    model[side].length === 1 &&
    other[side].length === 1 &&
    (onlyPort.name === "" || otherPort.name === "")
  ) {
    return [
      mergePort(
        { ...onlyPort, name: onlyPort.name || otherPort.name },
        otherPort,
        `the only ${role}`,
        [here, there],
        problems,
      ),
    ];
  }
  for (const { name } of other[side]) {
    if (!model[side].some((port) => port.name === name))
      problems.push(`'${there}' has an ${role} ${quoteName(name)} that '${here}' does not have`);
  }
  return model[side].map((port) => {
    const match = other[side].find(({ name }) => name === port.name);
    if (match === undefined) {
      problems.push(`'${here}' has an ${role} ${quoteName(port.name)} that '${there}' does not have`);
      return port;
    }
    return mergePort(port, match, `${role} '${port.name}'`, [here, there], problems);
  });
}

function mergePort(
  port: Port,
  match: Port,
  what: string,
  [here, there]: readonly [string, string],
  problems: string[],
): Port {
  // What clients send to a server may have another shape than the model's file.
  const shapeThere = match.fileShape === undefined ? match.shape : match.fileShape;
  const shape = mergeShapes(port.shape, shapeThere);
  const rowAxis = port.rowAxis ?? (shapeThere === null ? undefined : match.rowAxis);
  if (port.dtype === match.dtype && shape !== undefined)
    return { ...port, shape, ...(rowAxis !== undefined && { rowAxis }) };
  problems.push(
    `${what} is ${formatTensor(port)} in '${here}' and ${formatTensor({ ...match, shape: shapeThere })} in '${there}'`,
  );
  return port;
}

function quoteName(name: string): string {
  return name === "" ? "without a name" : `'${name}'`;
}

/** The known dimension of each axis, or undefined if the shapes conflict. Two different symbols do not conflict. */
function mergeShapes(a: readonly Dim[] | null, b: readonly Dim[] | null): readonly Dim[] | null | undefined {
  if (a === null || b === null) return a ?? b;
  if (a.length !== b.length) return undefined;
  const dims = a.map((dim, axis): Dim | undefined => {
    const other = b[axis] ?? null;
    if (dim === null || other === null) return dim ?? other;
    return dim === other || (typeof dim === "string" && typeof other === "string") ? dim : undefined;
  });
  return dims.every((dim) => dim !== undefined) ? dims : undefined;
}
