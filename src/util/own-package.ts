import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface OwnPackage {
  readonly version: string;
  /** The folder that holds its package.json; null where none is found. */
  readonly root: string | null;
}

/** Where the package describes itself: two folders up from the sources, three from `dist/src/files`. */
export function ownPackage(): OwnPackage {
  for (const up of ["../../", "../../../"]) {
    try {
      const folder = new URL(up, import.meta.url);
      const { name, version } = JSON.parse(readFileSync(new URL("package.json", folder), "utf8")) as {
        name: string;
        version: string;
      };
      if (name === "shapeline") return { version, root: fileURLToPath(folder) };
    } catch {
      // Not there: the next place.
    }
  }
  return { version: "unknown", root: null };
}
