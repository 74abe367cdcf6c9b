import { fileName, isUrl } from "../../src/util/file-name.js";
import { readArrowSchema } from "./formats/arrow-schema.js";
import { readMetadataFile, readMetadataUrl } from "./formats/open-inference.js";
import { readModelSettings } from "./formats/mlserver.js";
import { readMlmodel } from "./formats/mlflow.js";
import { readOnnxSignature } from "./onnx/read.js";
import { readSignatureFile } from "./formats/signature-file.js";
import type { ModelSignature } from "./signature.js";
import { readTritonConfig } from "./formats/triton.js";

/** One kind of source: how it is told, and its reader. */
interface Reader {
  readonly takes: (source: string) => boolean;
  readonly read: (source: string) => Promise<ModelSignature>;
}

const named =
  (pattern: RegExp) =>
  (source: string): boolean =>
    pattern.test(fileName(source));

/** By kind, the first that takes a source reads it. What no other takes is an ONNX file. */
export const readers = {
  "open-inference-url": { takes: isUrl, read: readMetadataUrl },
  arrow: { takes: named(/\.(arrow|arrows|feather)$/i), read: readArrowSchema },
  triton: { takes: named(/\.pbtxt$/i), read: readTritonConfig },
  mlflow: { takes: named(/^MLmodel$/), read: readMlmodel },
  mlserver: { takes: named(/^model-settings\.json$/i), read: readModelSettings },
  "open-inference": { takes: named(/^(.*[.-])?metadata\.json$/i), read: readMetadataFile },
  signature: { takes: named(/\.json$/i), read: readSignatureFile },
  onnx: { takes: () => true, read: readOnnxSignature },
} as const satisfies Readonly<Record<string, Reader>>;

/** The reader of a source. */
export function readerOf(source: string): Reader {
  return Object.values(readers).find(({ takes }) => takes(source)) ?? readers.onnx;
}
