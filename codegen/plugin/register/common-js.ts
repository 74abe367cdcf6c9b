import { readFileSync } from "node:fs";
import Module from "node:module";
import type { ResolvedOptions } from "../options.js";
import { createCompileSource } from "./compile-source.js";

/** What every loader of CommonJS calls with a file's JavaScript. Not documented by Node, but used by many tools. */
interface Compiler {
  _compile: (this: Module, content: string, filename: string, ...rest: unknown[]) => unknown;
}

/**
 * Compiles lambdas in CommonJS files of plain JavaScript. Text that another hook has changed, such as TypeScript under
 * tsx, is left alone: its places are not the author's, and `build()` reads such lambdas when it runs.
 */
export function compileCommonJs(options: ResolvedOptions): void {
  const prototype = Module.prototype as unknown as Compiler;
  const { _compile: original } = prototype;
  const compile = createCompileSource(options, (code, path) => code === textOf(path));
  prototype._compile = function (content, filename, ...rest) {
    return original.call(this, compile(content, filename) ?? content, filename, ...rest);
  };
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  } catch {
    return null;
  }
}
