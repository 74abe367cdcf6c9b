import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface OwnPackage {
  readonly version: string;
  /** The folder of its package.json; null if not found. */
  readonly root: string | null;
}

/** Finds the package's own package.json: above the files of `dist`, or two or three folders above this module. */
export function ownPackage(): OwnPackage {
  for (const up of ["../", "../../", "../../../"]) {
    try {
      const folder = new URL(up, import.meta.url);
      const { name, version } = JSON.parse(readFileSync(new URL("package.json", folder), "utf8")) as {
        name: string;
        version: string;
      };
      if (name === "shapeline") return { version, root: fileURLToPath(folder) };
    } catch {
      // Try the next folder.
    }
  }
  return { version: "unknown", root: null };
}
