// `shapeline init` in the kinds of project that people have, from the packed package to the first inference.
import { execFile, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

const json = (value) => `${JSON.stringify(value, null, 2)}\n`;

/** A Vite app as `npm create vite -- --template vanilla-ts` writes it. */
const vite = {
  "package.json": json({
    name: "vite-app",
    private: true,
    version: "0.0.0",
    type: "module",
    scripts: { dev: "vite", build: "tsc && vite build", preview: "vite preview" },
    devDependencies: { typescript: "~5.9.3", vite: "^7.2.4" },
  }),
  "tsconfig.json": `{
  "compilerOptions": {
    "target": "ES2022",
    "useDefineForClassFields": true,
    "module": "ESNext",
    "lib": ["ES2022", "DOM", "DOM.Iterable"],
    "types": ["vite/client"],
    "skipLibCheck": true,

    /* Bundler mode */
    "moduleResolution": "bundler",
    "allowImportingTsExtensions": true,
    "verbatimModuleSyntax": true,
    "moduleDetection": "force",
    "noEmit": true,

    /* Linting */
    "strict": true,
    "noUnusedLocals": true,
    "noUnusedParameters": true
  },
  "include": ["src"]
}
`,
  "index.html": `<!doctype html><script type="module" src="/src/main.ts"></script>\n`,
  "src/main.ts": `document.body.textContent = "hello";\n`,
  ".gitignore": "node_modules\ndist\n",
};

/** A Next app as `create-next-app --typescript` writes it, without the parts that only its own pages use. */
const next = {
  "package.json": json({
    name: "next-app",
    version: "0.1.0",
    private: true,
    scripts: { dev: "next dev", build: "next build", start: "next start" },
    dependencies: { react: "19.2.0", "react-dom": "19.2.0" },
    devDependencies: { typescript: "^5", "@types/node": "^20", "@types/react": "^19", "@types/react-dom": "^19" },
  }),
  "tsconfig.json": json({
    compilerOptions: {
      target: "ES2017",
      lib: ["dom", "dom.iterable", "esnext"],
      allowJs: true,
      skipLibCheck: true,
      strict: true,
      noEmit: true,
      esModuleInterop: true,
      module: "esnext",
      moduleResolution: "bundler",
      resolveJsonModule: true,
      isolatedModules: true,
      jsx: "react-jsx",
      incremental: true,
      plugins: [{ name: "next" }],
      paths: { "@/*": ["./*"] },
    },
    include: ["next-env.d.ts", "**/*.ts", "**/*.tsx", ".next/types/**/*.ts", "**/*.mts"],
    exclude: ["node_modules"],
  }),
  "app/page.tsx": `export default function Page() {\n  return <p>hello</p>;\n}\n`,
  ".gitignore": "/node_modules\n/.next/\n",
};

/** A package of CommonJS with sources in `src`. */
const commonJs = {
  "package.json": json({
    name: "cjs-app",
    version: "1.0.0",
    main: "dist/index.js",
    devDependencies: { typescript: "5.9.3", "@types/node": "20.19.43" },
  }),
  "tsconfig.json": json({
    compilerOptions: { target: "es2022", module: "commonjs", strict: true, rootDir: "src", outDir: "dist" },
    include: ["src"],
  }),
  "src/index.ts": `export const answer = 42;\n`,
};

const pnpmWorkspace = {
  "package.json": json({ name: "workspace", private: true, packageManager: "pnpm@10.34.8" }),
  "pnpm-workspace.yaml": "packages:\n  - packages/*\n",
  "packages/scoring/package.json": json({ name: "scoring", version: "1.0.0", type: "module" }),
};

/**
 * By name: the files that are there, the folder in which `init` runs, whether the project is new, and the command that
 * still works in the whole project.
 */
export const initCases = {
  "an empty folder": { files: {}, source: "src", isNew: true },
  "a Vite app": { files: vite, source: "pipelines", check: () => ["npm", "run", "build"] },
  "a Next app": { files: next, source: "pipelines", check: (tsc) => tsc },
  "a CommonJS package": { files: commonJs, source: "pipelines", check: (tsc) => tsc },
  "a pnpm workspace": { files: pnpmWorkspace, folder: "packages/scoring", source: "pipelines" },
};

/**
 * Runs one case: init, then what it says is next: types, the test, the service with a request.
 *
 * @param shapeline starts the command, as its first words
 * @param work a folder of its own
 * @param installed a project that has what `init` installs: npm starts with hard links to its packages, and unpacks
 *   only what else the case needs. pnpm would not use them
 * @param tsc a compiler to check types with, instead of the project's own
 * @throws if anything fails, with its output
 */
export async function runInitCase(name, shapeline, work, { env = process.env, installed, tsc } = {}) {
  const { files, folder = ".", source, isNew = false, check } = initCases[name];
  const project = join(work, folder);
  mkdirSync(project, { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(work, path)), { recursive: true });
    writeFileSync(join(work, path), text);
  }
  if (installed !== undefined && name !== "a pnpm workspace")
    execFileSync("cp", ["-al", join(installed, "node_modules"), join(project, "node_modules")]);
  const run = (file, ...args) => runAsync(file, args, project, env);

  const started = performance.now();
  const shown = await run(...shapeline, "init", "--yes");
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  if (!/8 rows, 1 fails? a validation/.test(shown) || !/\btrue\s*\n/.test(shown.slice(shown.indexOf("--invalid"))))
    throw new Error(`init must end with an inference and its failed row, but printed:\n${shown}`);
  for (const [path, text] of Object.entries(files))
    if (!/package\.json$|\.gitignore$/.test(path) && readFileSync(join(work, path), "utf8") !== text)
      throw new Error(`init changed ${path}`);

  const bin = (command) => join(project, "node_modules", ".bin", command);
  const compiler = tsc === undefined ? [bin("tsc")] : [process.execPath, tsc];
  const tsconfig = isNew ? "tsconfig.json" : `${source}/tsconfig.json`;
  await run(...compiler, "--noEmit", "-p", tsconfig);
  const ending = existsSync(join(project, source, "serve.mts")) ? "mts" : "ts";
  await run(bin("tsx"), "--test", `${source}/fraud.test.${ending}`);
  await run(bin("shapeline"), "generate", "--check");
  await run(bin("shapeline"), "compile", "--check", "--project", tsconfig);
  if (check !== undefined) await run(...check(compiler));
  await callService(project, `${source}/serve.${ending}`, isNew ? "rows.json" : `${source}/rows.json`, env);
  return seconds;
}

/** Starts the service, waits until it is ready, sends it rows, and stops it with SIGTERM. */
async function callService(project, file, rows, env) {
  const require = createRequire(join(project, "package.json"));
  const tsx = pathToFileURL(require.resolve("tsx")).href;
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const child = spawn(process.execPath, ["--import", tsx, file], {
    cwd: project,
    env: { ...env, PORT: String(port) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => (output += part));
  const ended = new Promise((resolve) => child.on("exit", (code, signal) => resolve(code ?? signal)));
  try {
    const url = `http://127.0.0.1:${port}`;
    await retry(async () => (await fetch(`${url}/ready`)).ok, 60_000);
    const answer = await fetch(`${url}/infer`, { method: "POST", body: readFileSync(join(project, rows)) });
    const failed = (await answer.json()).filter((row) => row.anomaly.amt).length;
    const wrong = await fetch(`${url}/infer`, { method: "POST", body: "[{}]" });
    if (answer.status !== 200 || failed !== 1 || wrong.status !== 400)
      throw new Error(`the service answered ${answer.status} with ${failed} failed rows, and ${wrong.status}`);
  } catch (error) {
    child.kill("SIGKILL");
    throw new Error(`the service printed:\n${output}`, { cause: error });
  }
  child.kill("SIGTERM");
  const code = await ended;
  if (code !== 0) throw new Error(`the service ended with ${code} at SIGTERM:\n${output}`);
}

async function retry(check, ms) {
  for (const end = performance.now() + ms; ; await new Promise((resolve) => setTimeout(resolve, 200))) {
    try {
      if (await check()) return;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    if (performance.now() > end) throw new Error("not ready in time");
  }
}

/** Runs a command and returns what it printed; throws with all of it if it fails. */
export function runQuietly(file, args, cwd, env = process.env) {
  try {
    return execFileSync(file, args, { cwd, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    throw failure(file, args, cwd, error);
  }
}

/** The same, while others run. */
async function runAsync(file, args, cwd, env) {
  try {
    const running = promisify(execFile)(file, args, { cwd, env, maxBuffer: 2 ** 26 });
    running.child.stdin.end();
    return (await running).stdout;
  } catch (error) {
    throw failure(file, args, cwd, error);
  }
}

const failure = (file, args, cwd, error) =>
  new Error(`in ${cwd}, ${[file, ...args].join(" ")} failed:\n${error.stdout}${error.stderr}`, { cause: error });
