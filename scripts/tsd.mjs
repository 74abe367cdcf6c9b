// Runs tsd on type-tests/*.test-d.ts and dist/ in a third of its time. By itself it takes all files of type-tests/,
// which tsc checks, and checks the declarations of all packages, only to drop what it found there.
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// Not called `require`: TypeScript would load the declarations of tsd, whose libraries are newer than ours.
const own = createRequire(import.meta.url);
const tsdRequire = createRequire(own.resolve("tsd"));
const typescript = tsdRequire("@tsd/typescript");

function createProgram(...args) {
  const program = typescript.createProgram(...args);
  const { getSemanticDiagnostics } = program;
  const files = program.getSourceFiles().filter(({ fileName }) => !/[/\\]node_modules[/\\]/.test(fileName));
  program.getSemanticDiagnostics = (file, token) =>
    (file === undefined ? files : [file]).flatMap((each) => getSemanticDiagnostics(each, token));
  return program;
}
// The compiler's exports cannot be replaced one by one.
tsdRequire.cache[tsdRequire.resolve("@tsd/typescript")].exports = { ...typescript, createProgram };

const { default: tsd, formatter } = own("tsd");
const diagnostics = await tsd({ cwd: root, testFiles: ["type-tests/*.test-d.ts"] });
if (diagnostics.length > 0) {
  process.stdout.write(formatter(diagnostics));
  process.exitCode = 1;
}
