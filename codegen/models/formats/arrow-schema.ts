import { createReadStream } from "node:fs";
import { DataType, Precision, RecordBatchReader, Type, type Field, type Schema } from "apache-arrow";
import type { Dim, DType } from "../../../dsl/tensor.js";
import { descriptionError } from "./description-file.js";
import { toSignature } from "./to-signature.js";
import { modelName } from "../model-name.js";
import { fileName } from "../../../src/util/file-name.js";
import { hashFile, withModelFile } from "../model-file.js";
import type { ModelSignature, Port } from "../signature.js";
import { errorMessage } from "../../../src/util/error-message.js";

/**
 * Reads the schema of an Arrow file or stream; rows are not read. Each column is a port, and nested lists are its
 * dimensions after the batch. Columns named `in.*` and `out.*` are inputs and outputs. Without such columns, all are
 * outputs in a file named `*.outputs.arrow`, and inputs otherwise.
 *
 * @throws ModelError SL3000, SL3016, SL3054
 */
export async function readArrowSchema(file: string): Promise<ModelSignature> {
  return await withModelFile(file, async (handle, size) => {
    const schema = await schemaOf(file);
    const ports = schema.fields.map(portOf);
    const withPrefix = (prefix: string) =>
      ports
        .filter(({ name }) => name.startsWith(prefix))
        .map((port): Port => ({ ...port, name: port.name.slice(prefix.length) }));
    const [inputs, outputs] = [withPrefix("in."), withPrefix("out.")];
    const hasSides = inputs.length + outputs.length > 0;
    const areOutputs = /\.outputs\.\w+$/i.test(fileName(file));
    return toSignature({
      name: modelName(file.replace(/\.(inputs|outputs)(?=\.\w+$)/i, "")),
      sha256: await hashFile(handle, size, file),
      inputs: hasSides ? inputs : areOutputs ? [] : ports,
      outputs: hasSides ? outputs : areOutputs ? ports : [],
      file,
    });
  });
}

async function schemaOf(file: string): Promise<Schema> {
  const stream = createReadStream(file);
  try {
    const reader = await RecordBatchReader.from(stream);
    const { schema } = await reader.open();
    return schema;
  } catch (cause) {
    throw descriptionError(
      file,
      `it is not an Arrow file, an Arrow stream or a Feather V2 file (${errorMessage(cause)})`,
    );
  } finally {
    stream.destroy();
  }
}

function portOf(field: Field): Port {
  const { name } = field;
  const dims: Dim[] = ["batch"];
  let type = field.type as DataType;
  for (;;) {
    if (DataType.isFixedSizeList(type)) dims.push(type.listSize);
    else if (DataType.isList(type)) dims.push(null);
    else break;
    type = type.children[0]?.type as DataType;
  }
  const shape = tensorShape(field) ?? dims;
  const dtype = dtypeOf(type);
  if (dtype !== undefined) return { name, dtype, shape, rowAxis: 0 };
  const kind = Type[type.typeId];
  return {
    name,
    dtype: kind,
    shape,
    rowAxis: 0,
    unsupported: `a column of ${kind}: convert it to numbers, booleans or text`,
  };
}

/** The shape in the metadata of the `arrow.fixed_shape_tensor` extension, whose values are one flat list. */
function tensorShape({ metadata }: Field): readonly Dim[] | undefined {
  if (metadata.get("ARROW:extension:name") !== "arrow.fixed_shape_tensor") return undefined;
  try {
    const { shape } = JSON.parse(metadata.get("ARROW:extension:metadata") ?? "") as { shape?: unknown };
    if (Array.isArray(shape) && shape.every((size): size is number => Number.isSafeInteger(size) && size >= 0))
      return ["batch", ...shape];
  } catch {
    // Invalid extension metadata: use the size of the flat list.
  }
  return undefined;
}

function dtypeOf(type: DataType): DType | undefined {
  if (DataType.isInt(type)) return `${type.isSigned ? "int" : "uint"}${type.bitWidth}`;
  if (DataType.isFloat(type))
    return ({ [Precision.HALF]: "float16", [Precision.SINGLE]: "float32", [Precision.DOUBLE]: "float64" } as const)[
      type.precision
    ];
  if (DataType.isBool(type)) return "bool";
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) return "string";
  return DataType.isDictionary(type) ? dtypeOf(type.dictionary as DataType) : undefined;
}
