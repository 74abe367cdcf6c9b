import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../../targets/local-engine.js";

/** A bundle for browsers, typed as the entry that it stands for. */
export async function entry<T>(name: "client-browser" | "index-browser"): Promise<T> {
  return (await import(pathToFileURL(join(root, "dist", `${name}.js`)).href)) as T;
}
