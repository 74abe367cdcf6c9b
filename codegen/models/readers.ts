import { fileName, isUrl } from "../../src/util/file-name.js";
import { readArrowSchema } from "./formats/arrow-schema.js";
import { readMetadataFile, readMetadataUrl } from "./formats/open-inference.js";
import { readModelSettings } from "./formats/mlserver.js";
import { readMlmodel } from "./formats/mlflow.js";
import { readOnnxSignature } from "./onnx/read.js";
import { readSignatureFile } from "./formats/signature-file.js";
import type { ModelSignature } from "./signature.js";
import { readTritonConfig } from "./formats/triton.js";

/** Reads one model format, from the sources that `matches` accepts. */
interface Reader {
  readonly matches: (source: string) => boolean;
  readonly read: (source: string) => Promise<ModelSignature>;
}

const fileNameMatches =
  (pattern: RegExp) =>
  (source: string): boolean =>
    pattern.test(fileName(source));

/** One line per model format. The first match reads the source; a source that matches no other is read as ONNX. */
export const readers = {
  "open-inference-url": { matches: isUrl, read: readMetadataUrl },
  arrow: { matches: fileNameMatches(/\.(arrow|arrows|feather)$/i), read: readArrowSchema },
  triton: { matches: fileNameMatches(/\.pbtxt$/i), read: readTritonConfig },
  mlflow: { matches: fileNameMatches(/^MLmodel$/), read: readMlmodel },
  mlserver: { matches: fileNameMatches(/^model-settings\.json$/i), read: readModelSettings },
  "open-inference": { matches: fileNameMatches(/^(.*[.-])?metadata\.json$/i), read: readMetadataFile },
  signature: { matches: fileNameMatches(/\.json$/i), read: readSignatureFile },
  onnx: { matches: () => true, read: readOnnxSignature },
} as const satisfies Readonly<Record<string, Reader>>;

export function findReader(source: string): Reader {
  return Object.values(readers).find(({ matches }) => matches(source)) ?? readers.onnx;
}
