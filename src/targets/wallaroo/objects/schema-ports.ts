import { RecordBatchReader, type Schema, Type } from "apache-arrow";
import { TargetError } from "../../../../dsl/errors.js";
import { columnTensor } from "../../../tensors/arrow/column-tensor.js";
import { errorMessage } from "../../../util/error-message.js";
import type { SignaturePort } from "../../../wallaroo/read/infer-ports.js";

/**
 * The ports of an Arrow schema as the platform stores it. Each column is a port; its lists are the dimensions of a row.
 *
 * @param what the schema in messages
 * @param base64 the bytes of pyarrow's `schema.serialize()` in base64
 * @throws TargetError SL6055
 */
export function portsOfSchema(what: string, base64: string): SignaturePort[] {
  const fields = schemaOf(what, base64).fields.map(columnTensor);
  const [twice] = fields.filter(({ name }, i) => fields.findIndex((field) => field.name === name) !== i);
  if (twice !== undefined) throw unreadable(what, `it has two columns '${twice.name}'`);
  return fields.map(({ name, shape, dtype, element }) =>
    dtype === null
      ? { name, dtype: Type[element.typeId], shape, unsupported: `a column of ${Type[element.typeId]}` }
      : { name, dtype, shape },
  );
}

function schemaOf(what: string, base64: string): Schema {
  let schema: Schema | undefined;
  try {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    ({ schema } = RecordBatchReader.from(bytes).open() as { readonly schema?: Schema });
  } catch (cause) {
    throw unreadable(what, errorMessage(cause), cause);
  }
  // Bytes without a message open as a reader without a schema.
  if (schema === undefined || schema.fields.length === 0) throw unreadable(what, "it has no columns");
  return schema;
}

function unreadable(what: string, why: string, cause?: unknown): TargetError {
  return new TargetError(
    "SL6055",
    `${what} is no Arrow schema in base64 (${why}); configure the version again, in the SDK with input_schema and output_schema`,
    { schema: true },
    { cause },
  );
}
