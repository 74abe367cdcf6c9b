import { TargetError } from "../../../../dsl/errors.js";

/** @throws TargetError SL6000 where there are no files, as in browsers */
export async function nodeFiles(call: string, wayOut: string): Promise<typeof import("./node-files.js")> {
  try {
    return await import("./node-files.js");
  } catch (cause) {
    throw new TargetError("SL6000", `${call} needs the files of Node, which are not here; ${wayOut}`, {}, { cause });
  }
}
