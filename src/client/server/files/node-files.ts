import { open, rename, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { ExportedLogs, ExportOptions } from "../../../../dsl/deployment.js";
import { InputError, StorageError, TargetError } from "../../../../dsl/errors.js";
import { tarArchive } from "../../../api/routes.js";
import { bounds } from "../../../util/bounds.js";
import { systemErrorMessage } from "../../../util/error-message.js";
import { makeDirectory, privateFile } from "../../../util/files/make-directory.js";
import { urlProblem } from "../../../util/files/url-problem.js";
import { formatValue } from "../../../util/format-value.js";
import { parseByteSize } from "../../../util/quantities/parse-quantity.js";
import { requireKnownOptions } from "../../../util/options/known-options.js";
import type { ApiConnection } from "../http.js";
import { readTar } from "./read-tar.js";

// Loaded in Node only, for the calls that read and write files.

/**
 * Reads a file of rows to send it.
 *
 * @throws InputError SL5030 for a file that cannot be read, SL5033 for one above `maxBytes`
 */
export async function readRowsFile(path: string, maxBytes: unknown): Promise<Uint8Array<ArrayBuffer>> {
  const details = { file: path };
  const problem = urlProblem(path);
  if (problem !== null) throw new InputError("SL5030", `the rows file '${path}' ${problem}`, details);
  const limit = parseByteSize(maxBytes ?? bounds.fileBytes.limit) ?? bounds.fileBytes.limit;
  try {
    const handle = await open(path);
    try {
      const { size } = await handle.stat();
      if (size > limit)
        throw new InputError("SL5033", `the rows file '${path}' is too large: it has ${size} bytes`, details);
      const bytes = await handle.readFile();
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    const message = `the rows file '${path}' cannot be read: ${systemErrorMessage(cause)}`;
    throw new InputError("SL5030", message, details, { cause });
  }
}

const exportOptions = [
  ...["limit", "start", "end", "valid", "arrow", "dataset", "datasetExclude", "datasetSeparator"],
  ...["directory", "filePrefix", "dataSizeLimit", "format", "onProgress", "signal"],
];

/**
 * Writes the files of an export here: the server sends them as an archive. They get their names once all are complete.
 *
 * @throws the server's errors; TargetError SL6011; StorageError SL7030 for a folder that cannot be written
 */
export async function writeExport(api: ApiConnection, path: string, options: ExportOptions): Promise<ExportedLogs> {
  requireKnownOptions("exportLogs()", options, exportOptions);
  const { directory = "logs", format, arrow, onProgress, signal, ...query } = options;
  const problem = urlProblem(directory) ?? (typeof directory === "string" && directory !== "" ? null : "is no folder");
  if (problem !== null)
    throw new TargetError("SL6011", `exportLogs(): the option 'directory' ${formatValue(directory)} ${problem}`, {
      option: "directory",
    });
  if (format !== undefined && arrow !== undefined && (format === "arrow") !== arrow)
    throw new TargetError("SL6011", `exportLogs(): 'format' and 'arrow' contradict each other; give one of them`, {
      option: "format",
    });
  const folder = resolve(directory);
  const wanted = { ...query, format: format ?? (arrow === true ? "arrow" : "json") };
  const { chunks } = await api.stream({ path, query: wanted, accept: tarArchive, signal });
  const written: { readonly temporary: string; readonly path: string }[] = [];
  try {
    for await (const { name, body } of readTar(chunks, api)) {
      if (name === "export.json") {
        const text: Uint8Array[] = [];
        for await (const part of body) text.push(part);
        const { rows, bytes, cut, withheld } = api.parse(Buffer.concat(text)) as unknown as ExportedLogs;
        for (const file of written) await rename(file.temporary, file.path);
        onProgress?.({ files: written.length, rows, bytes });
        return { files: written.map((file) => file.path), rows, bytes, cut, withheld };
      }
      // The server's word is not enough for a path here.
      if (!/^[^/\\:.][^/\\:\0]*-\d+\.(json|arrow|parquet)$/.test(name))
        throw api.unexpected(`it has a file of the name ${formatValue(name)}`);
      const file = { temporary: join(folder, `.${name}.${process.pid}.tmp`), path: join(folder, name) };
      written.push(file);
      await writeParts(folder, file.temporary, body);
    }
    throw api.unexpected("its end is missing");
  } catch (error) {
    for (const { temporary } of written) await rm(temporary, { force: true });
    throw error;
  } finally {
    // Ends the connection: the end of the archive is not read.
    await chunks.return();
  }
}

async function writeParts(folder: string, path: string, body: AsyncIterable<Uint8Array>): Promise<void> {
  const failed = (cause: unknown): StorageError =>
    new StorageError(
      "SL7030",
      `'${path}' cannot be written: ${systemErrorMessage(cause)}; choose another folder with 'directory'`,
      { path },
      { cause },
    );
  const handle = await makeDirectory(folder)
    .then(() => open(path, "w", privateFile))
    .catch((cause: unknown) => {
      throw failed(cause);
    });
  try {
    for await (const part of body)
      await handle.write(part).catch((cause: unknown) => {
        throw failed(cause);
      });
  } finally {
    await handle.close();
  }
}
