import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { canMount, tmpfsForSuite } from "../../logs/support/tmpfs.js";
import { root, type Run, shapeline } from "../shapeline.js";

/** A folder with files, given by their paths; objects become JSON. */
function folderWith(files: Readonly<Record<string, object | string>> = {}): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "shapeline-init-")));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), typeof content === "string" ? content : JSON.stringify(content));
  }
  return folder;
}

/** Runs `shapeline init` without installing: that is in scripts/newcomer. */
const init = (folder: string, ...args: readonly string[]): Promise<Run> =>
  shapeline(folder, ["init", "--yes", "--no-install", ...args]);

const textOf = (folder: string, path: string): string => readFileSync(join(folder, path), "utf8");

interface Result {
  readonly written: readonly string[];
  readonly notes: readonly string[];
  readonly packageManager: string;
  readonly next: readonly string[];
}
async function result(folder: string, ...args: readonly string[]): Promise<Result> {
  const { code, out } = await init(folder, ...args, "--json");
  expect(code).toBe(0);
  return JSON.parse(out) as Result;
}

describe("in an empty folder", () => {
  it("writes a project whose pipeline has the models of the package, and says what to run", async () => {
    const parent = folderWith();
    const { code, out } = await init(parent, "fraud-app");
    expect(code).toBe(0);
    const shown = out.replaceAll(parent, "…").replaceAll(root.replace(/\/$/, ""), "<clone>");
    expect(shown.replaceAll(/@\d[-.\w]*/g, "@<version>")).toMatchInlineSnapshot(`
      "wrote package.json
      wrote tsconfig.json
      wrote shapeline.config.ts
      wrote models/scan.onnx
      wrote models/risk.onnx
      wrote models/risk-linear.onnx
      wrote src/fraud.pipeline.ts
      wrote src/serve.ts
      wrote src/fraud.test.ts
      wrote rows.json
      wrote .gitignore

      pipeline fraud is in …/fraud-app; next:
        npm install --ignore-scripts --no-audit --no-fund shapeline@file:<clone> onnxruntime-node@<version> @duckdb/node-api@<version>
        npm install --ignore-scripts --no-audit --no-fund --save-dev typescript@<version> @types/node@<version> tsx@<version>
        npx shapeline generate
        npx shapeline compile
        npx shapeline deploy src/fraud.pipeline.json
        npx shapeline infer fraud rows.json
        npx shapeline logs fraud --invalid --limit 1 --dataset time,out,anomaly
      "
    `);
    const folder = join(parent, "fraud-app");
    expect(textOf(folder, "src/fraud.pipeline.ts")).toMatchInlineSnapshot(`
      "import { pipeline } from "shapeline";
      import { risk, riskLinear, scan } from "./models.gen.js";

      // Is the amount on a cheque genuine (0) or altered (2)? The second risk model only runs beside the first.
      export const fraud = pipeline("fraud")
        .model(scan)
        .shadow(risk, [riskLinear])
        .validate("amt", (x) => x.out < 1);
      "
    `);
    expect(JSON.parse(textOf(folder, "package.json"))).toMatchObject({ name: "fraud-app", type: "module" });
    expect(textOf(folder, ".gitignore")).toBe("node_modules/\n.shapeline/\n");
  });

  it("can be repeated, as after a failed install", async () => {
    const folder = folderWith();
    const first = await result(folder);
    // As a package manager does.
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module", dependencies: { tsx: "4" } }));
    const again = await result(folder);
    expect(again.written).toEqual([]);
    expect(again.next.join()).not.toContain("tsx@");
    expect(first.next.slice(2)).toEqual(again.next.slice(2));
  });

  it("starts with a model of the user, which stays where it is", async () => {
    const folder = folderWith({ "trained/.keep": "" });
    copyFileSync(
      join(root, "examples/breast-cancer/models/logistic-regression.onnx"),
      join(folder, "trained/tumor_2.onnx"),
    );
    const { written } = await result(folder, "--model", "trained/tumor_2.onnx");
    expect(written.filter((path) => /tumor|models/.test(path))).toEqual([
      "src/tumor-2.pipeline.ts",
      "src/tumor-2.test.ts",
    ]);
    expect(textOf(folder, "shapeline.config.ts")).toContain('models: ["trained/tumor_2.onnx"]');
    expect(textOf(folder, "src/tumor-2.pipeline.ts")).toMatchInlineSnapshot(`
      "import { pipeline } from "shapeline";
      import { tumor2 } from "./models.gen.js";

      // Replace the validation by what must hold for a row of yours.
      export const tumor2Pipeline = pipeline("tumor-2")
        .model(tumor2)
        .validate("finite", (x) => x.out.probabilities.every((value) => Number.isFinite(value)));
      "
    `);
    const rows = JSON.parse(textOf(folder, "rows.json")) as readonly { readonly features: readonly number[] }[];
    expect(rows.map(({ features }) => features.length)).toEqual([30, 30, 30]);
  });

  it("refuses a model that no pipeline can use, and writes nothing", async () => {
    const folder = folderWith({ "broken.onnx": "not a model" });
    const { code, err } = await init(folder, "--model", "broken.onnx");
    expect([code, err]).toMatchObject([1, expect.stringMatching(/^error SL30/) as unknown]);
    expect(existsSync(join(folder, "package.json"))).toBe(false);
  });
});

describe("in a project", () => {
  it("never overwrites a file: it names those in the way, and writes nothing", async () => {
    const folder = folderWith({ "tsconfig.json": "{}", "rows.json": "[]", "src/serve.ts": "mine" });
    const { code, err } = await init(folder);
    expect([code, err.replaceAll(folder, "…")]).toMatchInlineSnapshot(`
      [
        1,
        "error SL4061: 'tsconfig.json', 'src/serve.ts' and 'rows.json' in '…' would be overwritten, so nothing was written: move them away, or name another folder: shapeline init <folder>
      ",
      ]
    `);
    expect(existsSync(join(folder, "package.json"))).toBe(false);
    expect(textOf(folder, "src/serve.ts")).toBe("mine");
  });

  it("that uses Shapeline already is left alone", async () => {
    const folder = folderWith({ "package.json": {}, "shapeline.config.json": {} });
    const { code, err } = await init(folder);
    expect([code, err.replaceAll(folder, "…")]).toMatchInlineSnapshot(`
      [
        1,
        "error SL4061: 'shapeline.config.json' in '…' says that the project uses Shapeline already, so nothing was written: run shapeline generate and shapeline compile there, or name another folder: shapeline init <folder>
      ",
      ]
    `);
  });

  it("with ES modules gets a folder and a tsconfig of its own; package.json and .gitignore keep their lines", async () => {
    const folder = folderWith({ "package.json": { type: "module" }, ".gitignore": "dist\r\n.shapeline" });
    const { written, notes } = await result(folder);
    expect(written).toEqual([
      "pipelines/tsconfig.json",
      "shapeline.config.ts",
      "pipelines/models/scan.onnx",
      "pipelines/models/risk.onnx",
      "pipelines/models/risk-linear.onnx",
      "pipelines/fraud.pipeline.ts",
      "pipelines/serve.ts",
      "pipelines/fraud.test.ts",
      "pipelines/rows.json",
    ]);
    expect(notes).toEqual([]);
    expect(textOf(folder, "package.json")).toBe('{"type":"module"}');
    expect(textOf(folder, ".gitignore")).toBe("dist\r\n.shapeline");
  });

  it("of CommonJS gets files that are ES modules everywhere, and is told what to change in its tsconfig", async () => {
    const folder = folderWith({
      "package.json": {},
      "tsconfig.json": { compilerOptions: { module: "commonjs", outDir: "dist" } },
      "src/index.ts": "export {};",
    });
    const { written, notes } = await result(folder);
    expect(written.filter((path) => path.endsWith("ts"))).toEqual([
      "shapeline.config.mts",
      "pipelines/fraud.pipeline.mts",
      "pipelines/serve.mts",
      "pipelines/fraud.test.mts",
    ]);
    expect(textOf(folder, "pipelines/fraud.pipeline.mts")).toContain('from "./models.gen.mjs"');
    expect(notes).toMatchInlineSnapshot(`
      [
        "package.json does not say "type": "module", so the new files end in .mts, which are ES modules everywhere",
        "tsconfig.json takes in the new files and writes JavaScript, whose folders may move: add "pipelines" and "shapeline.config.mts" to "exclude" in tsconfig.json",
      ]
    `);
  });

  it("of a bundler gets imports without an ending", async () => {
    const folder = folderWith({
      "package.json": { dependencies: { next: "16" }, devDependencies: { vitest: "4" } },
      "tsconfig.json":
        '{ "compilerOptions": { "module": "esnext", "moduleResolution": "bundler", /* */ "noEmit": true } }',
    });
    const { notes } = await result(folder);
    expect(textOf(folder, "pipelines/fraud.pipeline.ts")).toContain('from "./models.gen"');
    expect(textOf(folder, "pipelines/fraud.test.ts")).toMatchInlineSnapshot(`
      "import { expect, test } from "vitest";
      import { evaluate } from "shapeline/testing";
      import { fraud } from "./fraud.pipeline";

      // Runs the validations without the models: true means that the row fails.
      test("amt", async () => {
        const passes = (await evaluate(fraud, { out: { score: [0.2] } })).anomaly.amt;
        expect(passes).toBe(false);
        const fails = (await evaluate(fraud, { out: { score: [1.9] } })).anomaly.amt;
        expect(fails).toBe(true);
      });
      "
    `);
    expect(notes).toEqual([]);
  });

  it("with a package.json that is not JSON is refused", async () => {
    const folder = folderWith({ "package.json": "{" });
    expect((await init(folder)).err.replaceAll(folder, "…")).toMatch(
      /^error SL4060: '…\/package.json' cannot be read: it is not JSON/,
    );
  });
});

describe.skipIf(!canMount)("a read-only file system", () => {
  const readOnly = tmpfsForSuite(1);

  it("is reported with what to do", async () => {
    expect(spawnSync("mount", ["-o", "remount,ro", readOnly]).status).toBe(0);
    const { err } = await init(readOnly, "app");
    expect(err.replaceAll(readOnly, "…")).toBe(
      "error SL7030: the project's files cannot be written to '…/app': the file system is read-only; name another folder: shapeline init <folder>\n",
    );
  });
});

describe("installs with", () => {
  const managers: Readonly<Record<string, readonly [string, Readonly<Record<string, object | string>>]>> = {
    "npm, without a lock file": ["npm install --ignore-scripts", { "app/package.json": {} }],
    "pnpm, by its lock file": ["pnpm add --ignore-scripts", { "app/package.json": {}, "app/pnpm-lock.yaml": "" }],
    "pnpm, in a package of its workspace": [
      "pnpm add --ignore-scripts",
      { "app/package.json": {}, "pnpm-workspace.yaml": "", "package.json": {} },
    ],
    "pnpm, in the root of a workspace": [
      "pnpm add --ignore-scripts -w",
      { "app/package.json": {}, "app/pnpm-workspace.yaml": "" },
    ],
    "Yarn, by `packageManager`": ["yarn add", { "app/package.json": { packageManager: "yarn@4.9.0" } }],
    "Bun, by its lock file": ["bun add --ignore-scripts", { "app/package.json": {}, "app/bun.lock": "" }],
    "npm, where only a folder above has another lock file": [
      "npm install --ignore-scripts",
      { "app/package.json": {}, "yarn.lock": "", "package.json": {} },
    ],
  };
  it.each(Object.entries(managers))("%s", async (_, [command, files]) => {
    const folder = folderWith(files);
    const { next } = await result(join(folder, "app"));
    expect(next[0]?.startsWith(`${command} `)).toBe(true);
    expect(next[0]).toMatch(/ shapeline@\S+ onnxruntime-node@\S+ @duckdb\/node-api@\S+$/);
  });

  it("what --package-manager says", async () => {
    const { next, packageManager } = await result(folderWith(), "--package-manager", "bun");
    expect([packageManager, next[1]?.split(" ").slice(0, 4)]).toEqual([
      "bun",
      ["bun", "add", "--ignore-scripts", "--dev"],
    ]);
  });
});
