import { nameInFile, type Side } from "../../../dsl/renamed-ports.js";
import { portDifferences, tensorsByName } from "../../../src/config/port-differences.js";
import type { GeneratedModel } from "./parse-generated.js";
import { commentText } from "./source-text.js";
import { commentLines, documentationLines, labelLines, labelLinesOf, rowsLines, rowsLinesOf } from "./render-models.js";
import { usablePorts, type ModelSignature } from "../signature.js";

/** Describes how a generated file differs from the model files, one line per difference. */
export function describeDifferences(
  written: readonly GeneratedModel[],
  models: readonly ModelSignature[],
): readonly string[] {
  const renames = findRenamed(written, models);
  const before = new Map(written.map((model) => [renames.get(model.name) ?? model.name, model]));
  const after = new Map(models.map((model) => [model.name, model]));
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.flatMap((name) => {
    const old = before.get(name);
    const now = after.get(name);
    if (old === undefined) return [`${name}: model added`];
    if (now === undefined) return [`${name}: model removed`];
    return [
      ...(old.name === name ? [] : [`${old.name}: model renamed to ${name}`]),
      ...changeLine(`${name}: version`, old.version, now.version ?? "1"),
      ...(old.sha256 === now.sha256
        ? []
        : [`${name}: sha256 ${shortDigest(old.sha256)} -> ${shortDigest(now.sha256)}`]),
      ...sideDifferences(name, "input", old, now),
      ...sideDifferences(name, "output", old, now),
      ...changeLine(`${name}: batchSize`, sizeText(old.batchSize), sizeText(now.batchSize)),
      ...constantsDifference(name, old.constants ?? "none", JSON.stringify(now.constants) ?? "none"),
      ...changeLine(`${name}: rows`, rowsText(rowsLinesOf(old.comment)), rowsText(rowsLines(now).map(commentText))),
      ...changeLine(
        `${name}: labels`,
        labelsText(labelLinesOf(old.comment)),
        labelsText(labelLines(now).map(commentText)),
      ),
      ...documentationDifferences(name, old.comment, commentLines(now)),
    ];
  });
}

/** Differences in a model's comment besides its ports: file, exporter, operator sets and documentation. */
function documentationDifferences(model: string, old: readonly string[], now: readonly string[]): readonly string[] {
  const [before, after] = [documentationLines(old), documentationLines(now)];
  return [
    ...(old[0] === undefined ? [] : changeLine(`${model}: made from`, old[0], now[0] ?? "")),
    ...before
      .filter((line) => !after.includes(line))
      .map((line) => `${model}: documentation removed: ${truncate(line)}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `${model}: documentation added: ${truncate(line)}`),
  ];
}

function truncate(line: string): string {
  return line.length > 80 ? `${line.slice(0, 80)}…` : line;
}

/** Ports are matched by their names in the file. Renamed ports come first, then the other differences. */
function sideDifferences(
  model: string,
  role: "input" | "output",
  old: GeneratedModel,
  now: ModelSignature,
): readonly string[] {
  const side = `${role}s` as const;
  const ports = usablePorts(now[side]);
  const byFile = new Map(ports.map(({ name }) => [nameInFile(now, side, name), name]));
  const filesBefore = new Set([...old[side].keys()].map((name) => nameInFile(old, side, name)));
  const lines: string[] = [];
  const nameNow = (name: string): string => {
    const file = nameInFile(old, side, name);
    const here = byFile.get(file);
    if (here !== undefined) {
      if (here !== name) lines.push(`${model}.${name}: ${role} renamed to ${here}`);
      return here;
    }
    if (!ports.some((port) => port.name === name)) return name;
    const fileNow = nameInFile(now, side, name);
    if (filesBefore.has(fileNow)) return `${name} (before)`;
    lines.push(`${model}.${name}: ${file} -> ${fileNow} in the file`);
    return name;
  };
  const before = new Map([...old[side]].map(([name, tensor]) => [nameNow(name), tensor]));
  return [
    ...lines,
    ...portDifferences(model, role, before, tensorsByName(ports)),
    ...orderDifference(
      model,
      side,
      [...before.keys()],
      ports.map(({ name }) => name),
    ),
  ];
}

function orderDifference(
  model: string,
  side: Side,
  before: readonly string[],
  after: readonly string[],
): readonly string[] {
  const both = (names: readonly string[], others: readonly string[]): string =>
    names.filter((name) => others.includes(name)).join(", ");
  const [old, now] = [both(before, after), both(after, before)];
  return old === now ? [] : [`${model}: ${side} reordered: ${old} -> ${now}`];
}

/** New names by old names. A model was renamed if exactly one old and one new model have the same digest. */
function findRenamed(
  written: readonly GeneratedModel[],
  models: readonly ModelSignature[],
): ReadonlyMap<string, string> {
  const only = <T extends { readonly sha256: string }>(all: readonly T[], sha256: string): T | undefined => {
    const [first, second] = all.filter((model) => model.sha256 === sha256);
    return second === undefined ? first : undefined;
  };
  const gone = written.filter(({ name }) => !models.some((model) => model.name === name));
  return new Map(
    gone.flatMap((old) => {
      const now = only(written, old.sha256) === undefined ? undefined : only(models, old.sha256);
      return now === undefined || written.some(({ name }) => name === now.name) ? [] : [[old.name, now.name] as const];
    }),
  );
}

function changeLine(what: string, old: string, now: string): readonly string[] {
  return old === now ? [] : [`${what} ${old} -> ${now}`];
}

function constantsDifference(model: string, old: string, now: string): readonly string[] {
  return old === now ? [] : [`${model}: constants ${truncate(old)} -> ${truncate(now)}`];
}

function sizeText(size: number | undefined): string {
  return size === undefined ? "any" : String(size);
}

function rowsText([line]: readonly string[]): string {
  return line === undefined ? "axis 0 of all ports" : line.replace(/^- rows: /, "");
}

function labelsText(lines: readonly string[]): string {
  return lines.length === 0 ? "none" : lines.map((line) => line.replace(/^- labels of /, "")).join("; ");
}

function shortDigest(sha256: string): string {
  return `${sha256.slice(0, 8)}…`;
}
