import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ts } from "../../../codegen/typescript.js";

/** What a project's own tsconfig means for files that are added to the project. */
export interface ExistingTsconfig {
  /** Whether imports are written without a file's ending, as bundlers resolve them. */
  readonly bundler: boolean;
  /** Whether it takes part in type-checking and building a file. */
  includes(path: string): boolean;
  /** Whether it writes JavaScript. Where it also takes in further folders, the output's folders may move. */
  readonly emits: boolean;
  /** Whether it finds packages' entries such as `shapeline/local`. */
  readonly findsEntries: boolean;
}

/** Reads `tsconfig.json` of a folder, with what it extends; null if there is none or it cannot be read. */
export function readExistingTsconfig(folder: string): ExistingTsconfig | null {
  const path = join(folder, "tsconfig.json");
  if (!existsSync(path)) return null;
  const read = ts.readConfigFile(path, (file) => ts.sys.readFile(file));
  if (read.error !== undefined) return null;
  const { options, fileNames } = ts.parseJsonConfigFileContent(read.config, ts.sys, dirname(path), undefined, path);
  const files = new Set(fileNames.map((file) => resolve(file)));
  const { ModuleResolutionKind: kinds, ModuleKind: modules } = ts;
  const module = options.module ?? modules.CommonJS;
  const old = module < modules.Node16 && module !== modules.Preserve;
  const resolution = options.moduleResolution ?? (old ? kinds.Node10 : kinds.NodeNext);
  return {
    bundler: resolution === kinds.Bundler,
    includes: (file) => files.has(resolve(file)),
    emits: options.noEmit !== true && options.emitDeclarationOnly !== true && options.composite !== true,
    findsEntries: resolution !== kinds.Node10 && resolution !== kinds.Classic,
  };
}
