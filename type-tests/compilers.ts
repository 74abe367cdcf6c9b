import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hashInputs, isBuilt } from "../scripts/build-stamp.mjs";
import { slow } from "../test/slow.js";
import * as models from "./models.js";

/** The root folder of the repository. */
export const repository = fileURLToPath(new URL("..", import.meta.url));

const built = isBuilt(hashInputs());
/**
 * A module that programs import: the declarations of the build, as users have them, or the sources while the build is
 * out of date. Compilers take a quarter of the time for declarations, with the same findings and counts.
 */
export const importable = (path: string): string => join(repository, built ? "dist" : "", path);
export const dslModule = importable("dsl/index.js");
const modelsModule = built ? modelsOf(dslModule) : join(repository, "type-tests/models.js");

/** A copy of `models.ts` that imports from the same module as programs do. */
function modelsOf(dsl: string): string {
  const folder = mkdtempSync(join(tmpdir(), "shapeline-models-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const text = readFileSync(join(repository, "type-tests/models.ts"), "utf8");
  writeFileSync(join(folder, "package.json"), `{ "type": "module" }`);
  writeFileSync(join(folder, "models.ts"), text.replace(`"../dsl/index.js"`, JSON.stringify(dsl)));
  return join(folder, "models.js");
}

/** The supported compilers, by the packages that install them here. */
export const compilers = { "5.9": "typescript-5.9", "6.0": "typescript", "7.0": "typescript-7" } as const;
export type Compiler = keyof typeof compilers;

/**
 * The compilers of the slow suites: the fastest one, or all where the slow tests run.
 */
export const slowSuiteCompilers: readonly Compiler[] = slow ? (Object.keys(compilers) as Compiler[]) : ["7.0"];

/**
 * The oldest compiler with the same verdicts. Older ones have no `NoInfer`, so that wrong code passes; the package gives
 * them types that fail. The library's sources need 5.5, its declarations do not: findings in them are ignored.
 */
export const oldestCompiler = "5.4";
/** The compilers that judge each case. */
export const judges: readonly (Compiler | typeof oldestCompiler)[] = [
  ...slowSuiteCompilers,
  ...(slow ? ([oldestCompiler] as const) : []),
];

/** One diagnostic, 1-based; `message` is its first line. */
export interface Finding {
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** True where an elaboration follows: more lines, which a reader does not need. */
  readonly noisy: boolean;
}

/** How a user's project differs from the strictest one. */
export interface Settings {
  readonly compilerOptions?: Readonly<Record<string, boolean>>;
  readonly extension?: "ts" | "js";
  /** Ignores findings in the library's sources: users have only its declarations. */
  readonly casesOnly?: boolean;
}

/**
 * Compiles the programs of a judge, as `diagnose` does. Only 7.0 also checks the declarations of the library:
 * `projects.test.ts` does so on all compilers, and it takes three quarters of the time.
 */
export const judge = (compiler: (typeof judges)[number], programs: readonly string[]): Finding[][] =>
  diagnose(compiler, programs, compiler === "7.0" ? {} : { compilerOptions: { skipLibCheck: true } });

/** Compiles the programs in one run and returns the diagnostics of each. The default settings are the strictest. */
export function diagnose(
  compiler: Compiler | typeof oldestCompiler,
  programs: readonly string[],
  { compilerOptions: more = {}, extension = "ts", casesOnly = false }: Settings = {},
): Finding[][] {
  const folder = mkdtempSync(join(tmpdir(), "shapeline-types-"));
  try {
    const files = programs.map((_, index) => `case-${index}.${extension}`);
    programs.forEach((program, index) => writeFileSync(join(folder, files[index] ?? ""), program));
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      target: "es2022",
      lib: ["es2023"],
      module: "nodenext",
      noEmit: true,
      types: ["node"],
      typeRoots: [join(repository, "node_modules/@types")],
      ...more,
    };
    writeFileSync(join(folder, "package.json"), `{ "type": "module" }`);
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
    const isOldest = compiler === oldestCompiler;
    const tsc = join(repository, "node_modules", isOldest ? "typescript-5.4" : compilers[compiler], "bin/tsc");
    const { stdout } = spawnSync(process.execPath, [tsc, "-p", folder, "--pretty", "false"], {
      cwd: folder,
      encoding: "utf8",
    });
    return readFindings(stdout, files, casesOnly || isOldest);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readFindings(stdout: string, files: readonly string[], casesOnly: boolean): Finding[][] {
  const found: Finding[][] = files.map(() => []);
  const lines = stdout.split("\n");
  for (const [index, text] of lines.entries()) {
    const parts = /^(.*)\((\d+),(\d+)\): error TS\d+: (.*)$/.exec(text.trimEnd());
    if (parts === null) continue;
    const [, file = "", line, column, message = ""] = parts;
    const program = files.indexOf(file);
    if (program === -1 && casesOnly) continue;
    if (program === -1) throw new TypeError(`the compiler found something outside the cases: ${text}`);
    found[program]?.push({
      line: Number(line),
      column: Number(column),
      message,
      noisy: lines[index + 1]?.startsWith("  ") === true,
    });
  }
  return found;
}

/** The imports of a program that uses the models of `models.ts`. For JavaScript, pass no `types`. */
export function imports(types: readonly string[] = []): string[] {
  return [
    `import { ${["constant", "defineModel", "pipeline", ...types.map((name) => `type ${name}`)].join(", ")} } from ${JSON.stringify(dslModule)};`,
    `import { ${Object.keys(models).join(", ")} } from ${JSON.stringify(modelsModule)};`,
  ];
}

/** A program of one expression over the models of `models.ts`, and the position of `▸` in it. */
export function program(
  source: string,
  types: readonly string[] = ["Target"],
): { readonly text: string; readonly line: number; readonly column: number } {
  const before = source.slice(0, source.indexOf("▸")).split("\n");
  const head = [...imports(types), "void ("];
  const text = [...head, source.replace("▸", ""), ");", ""].join("\n");
  return { text, line: head.length + before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
