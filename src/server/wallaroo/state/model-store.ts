import { createHash } from "node:crypto";
import { open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { ModelError, PipelineError, StorageError } from "../../../../dsl/errors.js";
import { readModelPipeline } from "../../../read-models.js";
import { bounds, exceeded } from "../../../util/bounds.js";
import { errorMessage, systemErrorMessage } from "../../../util/error-message.js";
import { makeDirectory, privateFile, privateFolder } from "../../../util/files/make-directory.js";
import { removeAbandoned, temporaryPath } from "../../../util/files/temporary-file.js";
import { modelDigest } from "../../../util/onnx/model-digest.js";
import type { Port } from "../../../../dsl/tensor.js";
import { PlatformError } from "../errors.js";
import { syncFolder } from "./journal.js";

const folderName = "shapeline.wallaroo-models";

/** A model file in the store. */
export interface StoredModel {
  readonly sha256: string;
  readonly bytes: number;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

/** Uploaded model files by their digest: `<sha256>.onnx`. A file has that name only when it is complete and checked. */
export class ModelStore {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Creates the folder, and deletes what uploads of ended processes left.
   *
   * @param isNamed whether an uploaded model has a file of this digest; files that none has were never acknowledged
   */
  static async open(dataFolder: string, isNamed: (sha256: string) => boolean): Promise<ModelStore> {
    const folder = join(dataFolder, folderName);
    try {
      await makeDirectory(folder, privateFolder);
    } catch (cause) {
      throw new StorageError(
        "SL7001",
        `the folder '${folder}' cannot be created: ${systemErrorMessage(cause)}; choose another data folder`,
        { folder },
        { cause },
      );
    }
    await removeAbandoned(folder, () => true);
    for (const file of await readdir(folder)) {
      const sha256 = /^([0-9a-f]{64})\.onnx$/.exec(file)?.[1];
      if (sha256 !== undefined && !isNamed(sha256)) await rm(join(folder, file), { force: true });
    }
    return new ModelStore(folder);
  }

  pathOf(sha256: string): string {
    return join(this.#folder, `${sha256}.onnx`);
  }

  /**
   * Writes a stream to the store. Nothing is left of one that ends early, is too large, or is no usable model.
   *
   * @param isCut whether the stream ended before all of it arrived
   * @throws PlatformError 400 or 413 with the reason
   */
  async add(stream: Readable, isCut: () => boolean): Promise<StoredModel> {
    const temporary = temporaryPath(this.pathOf("upload"));
    try {
      const { sha256, size } = await this.#write(stream, temporary);
      if (isCut()) throw new PlatformError(413, exceeded(bounds.modelBytes));
      const { inputs, outputs } = await checkModel(temporary, sha256);
      const path = this.pathOf(sha256);
      if ((await stat(path).catch(() => null)) === null) {
        await rename(temporary, path);
        await syncFolder(this.#folder);
      }
      return { sha256, bytes: size, inputs, outputs };
    } finally {
      await rm(temporary, { force: true });
    }
  }

  async #write(stream: Readable, path: string): Promise<{ readonly sha256: string; readonly size: number }> {
    const handle = await open(path, "wx", privateFile);
    try {
      const hash = createHash("sha256");
      let size = 0;
      try {
        for await (const chunk of stream as AsyncIterable<Buffer>) {
          hash.update(chunk);
          size += chunk.length;
          await handle.writeFile(chunk);
        }
      } catch (error) {
        // Errors of the disk have codes; those of a stream that was cut have none, or that of its connection.
        const { code } = error as NodeJS.ErrnoException;
        if (code !== undefined && /^E(NOSPC|DQUOT|IO|ROFS|FBIG|ACCES|PERM)$/.test(code)) throw error;
        throw new PlatformError(400, "the upload ended before the whole file arrived; send it again");
      }
      await handle.sync();
      return { sha256: hash.digest("hex"), size };
    } finally {
      await handle.close();
    }
  }
}

/** @throws PlatformError 400 for a file that is no ONNX model, or that names files beside it */
async function checkModel(path: string, sha256: string): Promise<Pick<StoredModel, "inputs" | "outputs">> {
  try {
    await refuseDataFiles(path);
    const { models } = await readModelPipeline(path, "model");
    const [model] = models;
    if (model?.sha256 !== sha256)
      throw new PlatformError(409, "the uploaded file changed while it was read; upload it again");
    return { inputs: model.inputs, outputs: model.outputs };
  } catch (error) {
    if (!(error instanceof ModelError || error instanceof PipelineError)) throw error;
    throw new PlatformError(400, `the uploaded file is no ONNX model that runs here: ${reason(error, path)}`);
  }
}

/** A model of the store must be one file: it may not read others, inside the store or outside. */
async function refuseDataFiles(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    const { dataFiles } = await modelDigest(handle, (await handle.stat()).size, path);
    if (dataFiles.length === 0) return;
  } finally {
    await handle.close();
  }
  throw new PlatformError(
    400,
    "the uploaded model keeps weights in other files, which are not uploaded; save it as one file: onnx.save(model, path, save_as_external_data=False)",
  );
}

/** The name of the temporary file says nothing to the one who uploads. */
function reason(error: Error, path: string): string {
  return errorMessage(error).replaceAll(path, "the file");
}
