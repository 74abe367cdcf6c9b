import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** A text that changes when a file of the folder is written, added or removed. */
export function folderStamp(folder: string): string {
  try {
    return readdirSync(folder)
      .sort()
      .map((name) => {
        const { mtimeMs, size } = statSync(join(folder, name));
        return `${name} ${mtimeMs} ${size}`;
      })
      .join("\n");
  } catch {
    // A file was removed during the look, or the folder is not there.
    return "";
  }
}
