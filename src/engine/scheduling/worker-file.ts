import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { TargetError } from "../../../dsl/errors.js";

let found: URL | undefined;

/**
 * The file of the worker's program, beside this module.
 *
 * @throws TargetError SL6000 if the app was bundled without it
 */
export function workerFile(): URL {
  if (found !== undefined) return found;
  let url: URL | undefined;
  try {
    url = new URL("./model-worker.js", import.meta.url);
  } catch {
    // A bundle in CommonJS has no import.meta.url.
  }
  if (url !== undefined && existsSync(url)) return (found = url);
  const path = url === undefined ? "model-worker.js" : fileURLToPath(url);
  throw new TargetError(
    "SL6000",
    `the embedded engine's worker file '${path}' does not exist, because the app was bundled without it; keep 'shapeline' out of the bundle (esbuild: --external:shapeline)`,
    { file: path },
  );
}
