import { basename, dirname, resolve } from "node:path";
import { parseDocument } from "yaml";
import * as z from "zod";
import { dtypes, type Dim, type DType } from "../../../dsl/tensor.js";
import { formatIssue } from "../../../src/config/format-issue.js";
import { descriptionError, parseDescription, readDescription } from "./description-file.js";
import { toSignature } from "./to-signature.js";
import { dnsLabel } from "../model-name.js";
import type { ModelSignature, Port } from "../signature.js";

/** Size limit in bytes, because YAML is slow to parse. */
const maxMlmodelBytes = 2 * 1024 * 1024;
/** Limit for nested lists. */
const maxDepth = 8;

/** MLflow writes the inputs and outputs of a signature as JSON text inside YAML. */
const mlmodel = z.object({
  mlflow_version: z.union([z.string(), z.number()]).nullish(),
  signature: z.object({ inputs: z.unknown().optional(), outputs: z.unknown().optional() }).nullish(),
});
const spec = z.object({
  name: z.union([z.string(), z.number()]).nullish(),
  type: z.string(),
  "tensor-spec": z.object({ dtype: z.string(), shape: z.array(z.int().min(-1)) }).optional(),
  items: z.unknown().optional(),
  required: z.boolean().nullish(),
  // MLflow 1 and early 2 wrote this instead of `required: false`.
  optional: z.boolean().nullish(),
});
const specs = z.array(spec);
type Spec = z.infer<typeof spec>;

/**
 * Reads the signature in the `MLmodel` file of MLflow 1 to 3. It lists tensors, or columns; each column is a port with
 * one value per row; `required: false` is an optional input. The model has the name of its folder. An only tensor or
 * column without a name gets the name "".
 *
 * @throws ModelError SL3000, SL3016, SL3054
 */
export async function readMlmodel(file: string): Promise<ModelSignature> {
  const { text, sha256 } = await readDescription(file, maxMlmodelBytes);
  const data = parseYaml(text, file);
  const parsed = mlmodel.safeParse(data);
  if (!parsed.success)
    throw descriptionError(file, parsed.error.issues.map((issue) => formatIssue(issue, data)).join("; "));
  const { mlflow_version: version, signature } = parsed.data;
  if (!signature)
    throw descriptionError(
      file,
      "it has no signature; log the model with one, such as signature=infer_signature(x, y)",
    );
  return toSignature(
    {
      name: dnsLabel(basename(dirname(resolve(file)))),
      sha256,
      inputs: portsOf(signature.inputs, "inputs", file),
      outputs: portsOf(signature.outputs, "outputs", file),
      file,
      producer: version === undefined || version === null ? "mlflow" : `mlflow ${version}`,
    },
    "unnamed",
  );
}

function parseYaml(text: string, file: string): unknown {
  try {
    const document = parseDocument(text);
    const [yamlError] = document.errors;
    if (yamlError === undefined) return document.toJS() as unknown;
    throw descriptionError(
      file,
      `line ${yamlError.linePos?.[0].line ?? 1}: it is not YAML: ${yamlError.message.split("\n")[0]?.replace(/ at line \d+, column \d+:?$/, "") ?? yamlError.code}`,
    );
  } catch (cause) {
    // The nesting exceeds the stack, or the aliases never end.
    if (cause instanceof RangeError || cause instanceof ReferenceError)
      throw descriptionError(file, `its YAML cannot be read: ${cause.message}`);
    throw cause;
  }
}

function portsOf(list: unknown, side: string, file: string): readonly Port[] {
  if (list === undefined || list === null) return [];
  const data = typeof list === "string" ? parseDescription(list, file) : list;
  const parsed = specs.safeParse(data);
  if (!parsed.success)
    throw descriptionError(
      file,
      parsed.error.issues.map((issue) => `signature.${side}: ${formatIssue(issue, data)}`).join("; "),
    );
  return parsed.data.map((tensorOrColumn): Port => ({
    ...portOf(tensorOrColumn),
    ...(side === "inputs" &&
      (tensorOrColumn.required === false || tensorOrColumn.optional === true) && { optional: "type" }),
  }));
}

function portOf(tensorOrColumn: Spec): Port {
  const name = String(tensorOrColumn.name ?? "");
  const tensor = tensorOrColumn["tensor-spec"];
  if (tensor === undefined) return columnPort(name, tensorOrColumn);
  const shape = tensor.shape.map((size): Dim => (size >= 0 ? size : null));
  // MLflow writes -1 first for the rows.
  const rows = shape[0] === null ? { rowAxis: 0 } : {};
  const dtype = tensor.dtype === "str" ? "string" : tensor.dtype;
  if (isDtype(dtype)) return { name, dtype, shape, ...rows };
  return {
    name,
    dtype,
    shape,
    ...rows,
    unsupported: `a tensor of ${dtype}: log the model with numbers, booleans or text`,
  };
}

/** The supported column types of MLflow. */
const columnTypes: Readonly<Record<string, DType>> = {
  boolean: "bool",
  integer: "int32",
  long: "int64",
  float: "float32",
  double: "float64",
  string: "string",
};

/** A column has one value per row; nested lists are dimensions of unknown size. */
function columnPort(name: string, column: Spec): Port {
  const shape: Dim[] = ["batch"];
  let { type, items } = column;
  for (
    let inner = spec.safeParse(items);
    type === "array" && inner.success && shape.length <= maxDepth;
    inner = spec.safeParse(items)
  ) {
    shape.push(null);
    ({ type, items } = inner.data);
  }
  const dtype = Object.hasOwn(columnTypes, type) ? columnTypes[type] : undefined;
  return dtype === undefined
    ? {
        name,
        dtype: type,
        shape,
        rowAxis: 0,
        unsupported: `a column of ${type}: log the model with numbers, booleans or text`,
      }
    : { name, dtype, shape, rowAxis: 0 };
}

function isDtype(name: string): name is DType {
  return (dtypes as readonly string[]).includes(name);
}
