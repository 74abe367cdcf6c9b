import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** Permissions of a folder and of files that only this user may use. */
export const privateFolder = 0o700;
export const privateFile = 0o600;

/**
 * Creates a directory and its missing parents. Node's own `recursive` option loops for ever on file systems such as
 * /proc, which report ENOENT although the parent exists.
 *
 * @param mode permissions of the directory, not of its parents
 * @throws the error of the file system
 */
export async function makeDirectory(path: string, mode = 0o777): Promise<void> {
  try {
    await mkdir(path, mode);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const parent = dirname(path);
    if (code === "ENOENT" && parent !== path && !(await isDirectory(parent))) {
      await makeDirectory(parent);
      await makeDirectory(path, mode);
    } else if (!(await isDirectory(path))) throw error;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() === true;
}
