import { join } from "node:path";
import ts from "typescript";
import { repository } from "../compilers.js";

const file = join(repository, "type-tests/editor/edited.ts");

/** The language service of TypeScript 6.0 on a file that does not exist on disk. */
export class LanguageService {
  readonly #service: ts.LanguageService;

  constructor(text: string) {
    const options: ts.CompilerOptions = {
      strict: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      types: ["node"],
      skipLibCheck: true,
    };
    this.#service = ts.createLanguageService({
      getCompilationSettings: () => options,
      getScriptFileNames: () => [file],
      getScriptVersion: () => "1",
      getScriptSnapshot: (name) => {
        const content = name === file ? text : ts.sys.readFile(name);
        return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content);
      },
      getCurrentDirectory: () => repository,
      getDefaultLibFileName: (given) => ts.getDefaultLibFilePath(given),
      fileExists: (name) => name === file || ts.sys.fileExists(name),
      readFile: (name) => (name === file ? text : ts.sys.readFile(name)),
      directoryExists: ts.sys.directoryExists,
    });
  }

  hover(offset: number): string {
    return ts.displayPartsToString(this.#service.getQuickInfoAtPosition(file, offset)?.displayParts);
  }

  completions(offset: number): readonly string[] {
    const found = this.#service.getCompletionsAtPosition(file, offset, { includeCompletionsWithInsertText: true });
    return found?.entries.map(({ name }) => name) ?? [];
  }
}
