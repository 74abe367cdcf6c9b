import { createReadStream } from "node:fs";
import { RecordBatchReader, Type, type Field, type Schema } from "apache-arrow";
import { descriptionError } from "./description-file.js";
import { toSignature } from "./to-signature.js";
import { modelName } from "../model-name.js";
import { fileName } from "../../../src/util/file-name.js";
import { hashFile, withModelFile } from "../model-file.js";
import type { ModelSignature, Port } from "../signature.js";
import { columnTensor } from "../../../src/tensors/arrow/column-tensor.js";
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
  const { dtype, element, ...tensor } = columnTensor(field);
  if (dtype !== null) return { ...tensor, dtype, rowAxis: 0 };
  const kind = Type[element.typeId];
  return {
    ...tensor,
    dtype: kind,
    rowAxis: 0,
    unsupported: `a column of ${kind}: convert it to numbers, booleans or text`,
  };
}
