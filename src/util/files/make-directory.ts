import { mkdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

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

/**
 * Keeps a folder of data out of git, wherever it is: a new one gets a `.gitignore` of its own. Where that cannot be
 * written, the folder can be used all the same.
 */
export async function ignoreInGit(folder: string): Promise<void> {
  await writeFile(join(folder, ignoreFile), "*\n", { flag: "wx", mode: privateFile }).catch(() => undefined);
}

/** The name of the file that `ignoreInGit` writes. */
export const ignoreFile = ".gitignore";

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() === true;
}
