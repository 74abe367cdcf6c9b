// `node --import shapeline/register` in a process of its own. Needs `npm run build`.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
let folder = "";

const pipelineFile = (imports: string, lambda: string) => `${imports}
const io = { x: { dtype: "float64", shape: ["batch", 1] } };
const model = defineModel({ name: "m", version: "1", sha256: "0".repeat(64), inputs: io, outputs: io });
const p = pipeline("p").model(model).validate("ok", ${lambda});
build(p).then(({ steps }) => console.log(steps[1].expression.strings.javascript));
try { p.steps[1].check({ out: {} }); } catch (error) { console.log(error.stack.split("\\n")[1].trim()); }
`;
const esImports = `import { build, defineModel, pipeline } from "shapeline"; import { LIMIT } from "./limit.mjs";`;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "register-"));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules", "shapeline"));
  const files = {
    "limit.mjs": "export const LIMIT = 0.1 + 0.2;\n",
    "app.mjs": pipelineFile(esImports, "(x) => x.out.x[0] < LIMIT"),
    "app.cjs": pipelineFile(
      `const { build, defineModel, pipeline } = require("shapeline"); const LIMIT = Number("0.25");`,
      "(x) => x.out.x[0] < LIMIT",
    ),
    "bad.mjs": pipelineFile(esImports, "(x) => x.out.x[0] == LIMIT"),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
});

const run = (file: string, options?: string) =>
  spawnSync(process.execPath, ["--import", "shapeline/register", file], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, NODE_OPTIONS: "", ...(options !== undefined && { SHAPELINE_REGISTER: options }) },
  });

test.each([
  ["app.mjs", "(x) => x.out.x[0] < 0.30000000000000004"],
  ["app.cjs", "(x) => x.out.x[0] < 0.25"],
])("%s: values from outside are compiled in, and a stack trace names the author's column", (file, expected) => {
  const { stdout, stderr } = run(file);
  expect(stderr).toBe("");
  expect(stdout.trim().split("\n").sort()).toEqual([expected, `at Object.check (${join(folder, file)}:4:67)`].sort());
});

test("a lambda that cannot be compiled ends the program with its place and frame; failOnError: false warns", () => {
  const frame = "bad.mjs:4:60 - error SL1013: `==` converts its operands before it compares them\n\n  4 | const p = ";
  const { status, stderr } = run("bad.mjs");
  expect([status, stderr.includes(frame)]).toEqual([1, true]);
  const warned = run("bad.mjs", '{"failOnError":false}');
  expect(warned.stderr).toContain(frame);
  expect(warned.stdout).toContain("at Object.check");
});

test("wrong options are refused", () => {
  expect(run("app.mjs", '{"helper":[]}').stderr).toContain(
    "shapeline/register has no option 'helper'; leave it out, or give one of its options: modules, helpers, failOnError, readAtRunTime, root",
  );
  expect(run("app.mjs", "helpers").stderr).toContain(
    "the environment variable SHAPELINE_REGISTER must be options as JSON",
  );
});
