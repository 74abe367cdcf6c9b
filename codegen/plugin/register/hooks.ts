// The hooks of Node's loader for ES modules. Node runs them on a thread of their own.
import type { InitializeHook, LoadHook } from "node:module";
import { fileURLToPath } from "node:url";
import type { ResolvedOptions } from "../options.js";
import { createCompileSource, type CompileSource } from "./compile-source.js";

let compile: CompileSource = () => null;

export const initialize: InitializeHook<ResolvedOptions> = (options) => {
  compile = createCompileSource(options);
};

/** Hooks that are registered later, such as those of tsx, receive what this hook returns. */
export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  if (!url.startsWith("file:") || loaded.source === undefined || loaded.source === null || loaded.format === "json")
    return loaded;
  const code = typeof loaded.source === "string" ? loaded.source : new TextDecoder().decode(loaded.source);
  const source = compile(code, fileURLToPath(url));
  return source === null ? loaded : { ...loaded, source };
};
