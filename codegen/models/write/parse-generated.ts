import type { TS as typescript } from "../../typescript.js";
import { withRenamed, type RenamedPorts } from "../../../dsl/renamed-ports.js";
import type { Dim } from "../../../dsl/tensor.js";

/** A model in an existing generated file. */
export interface GeneratedModel {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  /** The lines of its doc comment. */
  readonly comment: readonly string[];
  readonly inputs: ReadonlyMap<string, GeneratedTensor>;
  readonly outputs: ReadonlyMap<string, GeneratedTensor>;
  readonly batchSize?: number;
  /** The constants as JSON. */
  readonly constants?: string;
  readonly renamed?: RenamedPorts;
}

export interface GeneratedTensor {
  readonly dtype: string;
  readonly shape: readonly Dim[] | null;
}

type Value = string | number | boolean | null | readonly Value[] | ReadonlyMap<string, Value>;

/** Parses the models of a generated file. Calls with anything but literals are skipped. */
export async function parseGenerated(text: string): Promise<readonly GeneratedModel[]> {
  // Loaded on demand: the compiler is slow to load and needed only if the file is out of date.
  const { ts } = await import("../../typescript.js");

  const keyOf = (name: typescript.PropertyName): string | undefined => {
    if (ts.isComputedPropertyName(name)) return ts.isStringLiteral(name.expression) ? name.expression.text : undefined;
    return ts.isIdentifier(name) || ts.isStringLiteral(name) ? name.text : undefined;
  };
  const valueOf = (node: typescript.Expression): Value | undefined => {
    if (ts.isStringLiteral(node)) return node.text;
    if (ts.isNumericLiteral(node)) return Number(node.text);
    if (node.kind === ts.SyntaxKind.NullKeyword) return null;
    if (node.kind === ts.SyntaxKind.TrueKeyword) return true;
    if (node.kind === ts.SyntaxKind.FalseKeyword) return false;
    if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.MinusToken) {
      const value = valueOf(node.operand);
      return typeof value === "number" ? -value : undefined;
    }
    if (ts.isArrayLiteralExpression(node)) return allDefined(node.elements.map(valueOf));
    if (!ts.isObjectLiteralExpression(node)) return undefined;
    const entries = new Map<string, Value>();
    for (const property of node.properties) {
      if (!ts.isPropertyAssignment(property)) return undefined;
      const key = keyOf(property.name);
      const value = valueOf(property.initializer);
      if (key === undefined || value === undefined) return undefined;
      entries.set(key, value);
    }
    return entries;
  };

  const models: GeneratedModel[] = [];
  for (const statement of ts.createSourceFile("models.gen.ts", text, ts.ScriptTarget.ES2022, true).statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const { initializer } of statement.declarationList.declarations) {
      if (initializer === undefined || !ts.isCallExpression(initializer) || initializer.arguments[0] === undefined)
        continue;
      const model = modelOf(
        valueOf(initializer.arguments[0]),
        commentLines(text.slice(statement.pos, statement.getStart())),
      );
      if (model !== undefined) models.push(model);
    }
  }
  return models;
}

function allDefined(values: readonly (Value | undefined)[]): readonly Value[] | undefined {
  return values.every((value) => value !== undefined) ? values : undefined;
}

function commentLines(text: string): readonly string[] {
  return text.split("\n").flatMap((line) => (line.startsWith(" * ") ? [line.slice(3).trimEnd()] : []));
}

function modelOf(value: Value | undefined, comment: readonly string[]): GeneratedModel | undefined {
  if (!(value instanceof Map)) return undefined;
  const fields: ReadonlyMap<string, Value> = value;
  const name = fields.get("name");
  const version = fields.get("version");
  const sha256 = fields.get("sha256");
  const batchSize = fields.get("batchSize");
  const constants = fields.get("constants");
  const inputs = tensorsOf(fields.get("inputs"));
  const outputs = tensorsOf(fields.get("outputs"));
  if (typeof name !== "string" || typeof sha256 !== "string" || inputs === undefined || outputs === undefined)
    return undefined;
  return {
    name,
    version: typeof version === "string" ? version : "1",
    sha256,
    comment,
    inputs,
    outputs,
    ...(typeof batchSize === "number" && { batchSize }),
    ...(constants instanceof Map && { constants: JSON.stringify(plainValue(constants)) }),
    ...withRenamed(renamedOf(fields.get("renamed"))),
  };
}

/** A value with objects instead of maps. */
function plainValue(value: Value): unknown {
  if (value instanceof Map)
    return Object.fromEntries(
      [...(value as ReadonlyMap<string, Value>)].map(([key, inner]) => [key, plainValue(inner)]),
    );
  return Array.isArray(value) ? value.map((item: Value) => plainValue(item)) : value;
}

function renamedOf(value: Value | undefined): RenamedPorts {
  const sides: ReadonlyMap<string, Value> = value instanceof Map ? value : new Map<string, Value>();
  const names = (side: Value | undefined): Record<string, string> =>
    Object.fromEntries(
      [...(side instanceof Map ? (side as ReadonlyMap<string, Value>) : [])].filter(
        (entry): entry is [string, string] => typeof entry[1] === "string",
      ),
    );
  return { inputs: names(sides.get("inputs")), outputs: names(sides.get("outputs")) };
}

function tensorsOf(value: Value | undefined): ReadonlyMap<string, GeneratedTensor> | undefined {
  if (!(value instanceof Map)) return undefined;
  const tensors = new Map<string, GeneratedTensor>();
  for (const [name, tensor] of value as ReadonlyMap<string, Value>) {
    if (!(tensor instanceof Map)) return undefined;
    const fields: ReadonlyMap<string, Value> = tensor;
    const dtype = fields.get("dtype");
    const shape = fields.get("shape");
    if (typeof dtype !== "string" || !isShape(shape)) return undefined;
    tensors.set(name, { dtype, shape });
  }
  return tensors;
}

function isShape(value: Value | undefined): value is readonly Dim[] | null {
  return (
    value === null ||
    (Array.isArray(value) &&
      value.every((dim: Value) => dim === null || typeof dim === "number" || typeof dim === "string"))
  );
}
