import { realpath } from "node:fs/promises";
import { StorageError } from "../../../dsl/errors.js";
import { makeDirectory } from "../../util/make-directory.js";
import { systemErrorMessage } from "../../util/error-message.js";

export const databaseFileName = "shapeline.duckdb";

/** Creates the folder if it is missing and returns its real path. */
export async function prepareFolder(folder: string, readOnly: boolean): Promise<string> {
  try {
    if (!readOnly) await makeDirectory(folder);
    return await realpath(folder);
  } catch (error) {
    if (readOnly) throw noLogError(folder, error);
    throw new StorageError(
      "SL7001",
      `the data folder '${folder}' cannot be created: ${systemErrorMessage(error)}; choose another folder`,
      { folder },
      { cause: error },
    );
  }
}

export function noLogError(folder: string, cause?: unknown): StorageError {
  return new StorageError(
    "SL7002",
    `there is no log in '${folder}'; deploy a pipeline there first, or name the folder it was deployed to`,
    { folder },
    { cause },
  );
}
