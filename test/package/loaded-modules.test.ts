// What the package loads, and when. The tests need `npm run build`.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { readSignature } from "../../codegen/index.js";
import { root } from "../targets/local-engine.js";

const dist = (name: string): string => JSON.stringify(pathToFileURL(join(root, "dist", name)).href);
const listModules = new URL("list-modules.mjs", import.meta.url).href;
const models = join(root, "examples", "fraud", "models");

/** The packages and the number of own files that a new process has loaded after running the code. */
function loadedBy(code: string): { readonly packages: readonly string[]; readonly ownFiles: number } {
  const program = `${code}\nconsole.log(JSON.stringify(loadedFiles())); process.exit(0);`;
  const args = ["--import", listModules, "--input-type=module", "-e", program];
  const output = execFileSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  const files = new Set(JSON.parse(output.trim().split("\n").at(-1) ?? "[]") as readonly string[]);
  const packages = new Set<string>();
  for (const file of files) {
    const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1];
    if (name !== undefined) packages.add(name);
  }
  const ownFiles = [...files].filter(
    (file) => /\/dist\/[^/]+\.js$/.test(file) && !file.includes("node_modules"),
  ).length;
  return { packages: [...packages].sort(), ownFiles };
}

async function authoring(): Promise<string> {
  const { name, sha256, inputs, outputs } = await readSignature(join(models, "a.onnx"));
  const ports = (list: typeof inputs) => Object.fromEntries(list.map(({ name: port, ...rest }) => [port, rest]));
  const model = { name, sha256, inputs: ports(inputs), outputs: ports(outputs) };
  return `
    const { build, defineModel, pipeline } = await import(${dist("index.js")});
    const p = pipeline("p").model(defineModel(${JSON.stringify(model)}));`;
}

/** The packages that a bundler finds from a file of dist/: it follows dynamic imports too. */
function reachable(entry: string): readonly string[] {
  const files = new Set([entry]);
  const packages = new Set<string>();
  for (const file of files) {
    const imports = readFileSync(join(root, "dist", file), "utf8").matchAll(
      /^(?:import|\} from|import .* from|export .* from) "([^"]+)"|\bimport\("([^"]+)"\)/gm,
    );
    for (const [, fixed, dynamic] of imports) {
      const specifier = fixed ?? dynamic ?? "";
      if (specifier.startsWith("./")) files.add(specifier.slice(2));
      else if (!specifier.startsWith("node:")) packages.add(specifier);
    }
  }
  return [...packages].sort();
}

describe("what a bundler of an app finds", () => {
  it("from shapeline: no package", () => {
    expect(reachable("index.js")).toEqual([]);
  });

  it("from shapeline/codegen, which a bundler of an app should not see: esbuild among others", () => {
    expect(reachable("codegen.js")).toContain("esbuild");
  });
});

describe("loads no other package", () => {
  it("import of shapeline, in few files", () => {
    const { packages, ownFiles } = loadedBy(`await import(${dist("index.js")});`);
    expect(packages).toEqual([]);
    expect(ownFiles).toBeLessThanOrEqual(8);
  });

  it("import of shapeline/local: no engine, no runtime, no DuckDB, no Arrow", () => {
    const { packages, ownFiles } = loadedBy(`await import(${dist("local.js")});`);
    expect(packages).toEqual([]);
    expect(ownFiles).toBeLessThanOrEqual(8);
  });

  it("the CLI's help: commander alone, in few files", () => {
    const { packages, ownFiles } = loadedBy(
      `const { run } = await import(${dist("cli-run.js")}); await run(["--help"]);`,
    );
    expect(packages).toEqual(["commander"]);
    expect(ownFiles).toBeLessThanOrEqual(10);
  });

  it("build() of a pipeline without lambdas: no TypeScript parser", async () => {
    expect(loadedBy(`${await authoring()} await build(p);`).packages).toEqual([]);
  });
});

describe("asks the system for nothing that Deno allows only with --allow-sys", () => {
  const refusals = `
    const os = process.getBuiltinModule("node:os");
    const refused = ["hostname", "userInfo", "networkInterfaces", "cpus", "loadavg", "freemem", "uptime", "release", "homedir"];
    for (const name of refused) os[name] = () => { throw new Error("refused: " + name); };
    process.getBuiltinModule("node:module").syncBuiltinESMExports();`;

  it("build() and a failed connection", async () => {
    const program = `${refusals}${await authoring()}
      await build(p.validate("any", () => true));
      const { server, openInference } = await import(${dist("client.js")});
      for (const target of [server({ url: "http://127.0.0.1:1" }), openInference({ url: "http://127.0.0.1:1" })]) {
        const { code, message } = await p.connect(target).then(() => ({}), (error) => error);
        if (code !== "SL6050") throw new Error(message ?? "connected");
      }`;
    expect(() => loadedBy(program)).not.toThrow();
  });
});

describe("loads what it needs", () => {
  it("shapeline/eslint: the parser when the first file has a pipeline", () => {
    const lint = (code: string) =>
      `new Linter({ configType: "flat" }).verify(${JSON.stringify(code)}, [plugin.configs.recommended]);`;
    const program = `
      const { Linter } = await import("eslint");
      const { default: plugin } = await import(${dist("eslint.js")});
      ${lint('import * as z from "zod"; z.string().validate("a", (x) => x << 2);')}`;
    const other = loadedBy(program);
    expect(other.packages.filter((name) => /ts-morph/.test(name))).toEqual([]);
    const own =
      loadedBy(`${program} ${lint('import { pipeline } from "shapeline"; pipeline("p").validate("a", (x) => x << 2);')}
      const { createRequire } = await import("node:module");`);
    expect(own.ownFiles).toBeGreaterThan(other.ownFiles);
  });

  it("build() of a pipeline with a lambda: the parser alone", async () => {
    const { packages } = loadedBy(`${await authoring()} await build(p.validate("any", () => true));`);
    expect(packages.filter((name) => !/^(ts-morph|@ts-morph)/.test(name))).toEqual([]);
  });

  it("deploy and infer with records, also by the CLI: the runtime and DuckDB, but neither parser nor Arrow", async () => {
    const data = mkdtempSync(join(tmpdir(), "shapeline-loaded-"));
    try {
      const options = JSON.stringify({ models, data, durability: "off" });
      const { packages } = loadedBy(`${await authoring()}
        const { local } = await import(${dist("local.js")});
        const live = await p.deploy(local(${options}));
        await live.infer([{ pixels: new Array(64).fill(0) }]);`);
      expect(packages).toContain("onnxruntime-node");
      expect(packages.filter((name) => /arrow|ts-morph|typescript|zod|fzstd|yaml|esbuild/.test(name))).toEqual([]);
      writeFileSync(join(data, "rows.json"), JSON.stringify([{ pixels: new Array(64).fill(0) }]));
      const command = ["infer", "p", join(data, "rows.json"), "--data", data];
      const cli = loadedBy(`
        const { run } = await import(${dist("cli-run.js")});
        if ((await run(${JSON.stringify(command)})) !== 0) process.exit(1);`);
      expect(cli.packages).toContain("onnxruntime-node");
      expect(cli.packages.filter((name) => /arrow|ts-morph|typescript|zod|yaml|esbuild/.test(name))).toEqual([]);
    } finally {
      rmSync(data, { recursive: true, force: true });
    }
  });
});
