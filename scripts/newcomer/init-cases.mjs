// `shapeline init` in the kinds of project that people have, from the packed package to the first inference.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

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

/** A package of CommonJS with sources in `src`, as tsc compiles it by default. */
const commonJs = {
  "package.json": json({
    name: "cjs-app",
    version: "1.0.0",
    main: "dist/index.js",
    devDependencies: { typescript: "5.9.3", "@types/node": "20.19.43" },
  }),
  "tsconfig.json": json({
    compilerOptions: { target: "es2022", module: "commonjs", strict: true, outDir: "dist", skipLibCheck: true },
    include: ["src"],
  }),
  "src/index.ts": `export const answer = 42;\n`,
};

const pnpmWorkspace = {
  "package.json": json({ name: "workspace", private: true, packageManager: "pnpm@10.34.8" }),
  "pnpm-workspace.yaml": "packages:\n  - packages/*\n",
  "packages/scoring/package.json": json({ name: "scoring", version: "1.0.0", type: "module" }),
};

/** By name: the files that are there, the folder in which `init` runs, and whether the project is new. */
export const initCases = {
  "an empty folder": { files: {}, source: "src", isNew: true },
  "a Vite app": { files: vite, source: "pipelines", check: ["npm", "run", "build"] },
  "a Next app": { files: next, source: "pipelines", check: ["npx", "tsc"] },
  "a CommonJS package": { files: commonJs, source: "pipelines", check: ["npx", "tsc"] },
  "a pnpm workspace": { files: pnpmWorkspace, folder: "packages/scoring", source: "pipelines" },
};

/**
 * Runs one case: init, then what it says is next: types, the test, the service with a request.
 *
 * @param work a folder of its own
 * @throws if anything fails, with its output
 */
export async function runInitCase(name, tarball, work, env = process.env) {
  const { files, folder = ".", source, isNew = false, check } = initCases[name];
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(work, path)), { recursive: true });
    writeFileSync(join(work, path), text);
  }
  const project = join(work, folder);
  mkdirSync(project, { recursive: true });
  const run = (file, ...args) => runQuietly(file, args, project, env);

  const started = performance.now();
  const shown = run("npx", "--yes", "--package", tarball, "--", "shapeline", "init", "--yes");
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  if (!/8 rows, 1 fails? a validation/.test(shown) || !/\btrue\s*\n/.test(shown.slice(shown.indexOf("--invalid"))))
    throw new Error(`init must end with an inference and its failed row, but printed:\n${shown}`);
  for (const [path, text] of Object.entries(files))
    if (!/package\.json$|\.gitignore$/.test(path) && readFileSync(join(work, path), "utf8") !== text)
      throw new Error(`init changed ${path}`);

  // pnpm links packages from a store; npx finds the commands of both.
  run("npx", "tsc", "--noEmit", "-p", isNew ? "tsconfig.json" : `${source}/tsconfig.json`);
  const ending = existsSync(join(project, source, "serve.mts")) ? "mts" : "ts";
  run("npx", "tsx", "--test", `${source}/fraud.test.${ending}`);
  run("npx", "shapeline", "generate", "--check");
  run("npx", "shapeline", "compile", "--check", "--project", isNew ? "tsconfig.json" : `${source}/tsconfig.json`);
  if (check !== undefined) run(...check);
  await callService(project, `${source}/serve.${ending}`, isNew ? "rows.json" : `${source}/rows.json`, env);
  return seconds;
}

/** Starts the service, waits until it is ready, sends it rows, and stops it with SIGTERM. */
async function callService(project, file, rows, env) {
  const require = createRequire(join(project, "package.json"));
  const tsx = pathToImport(require.resolve("tsx"));
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

const pathToImport = (path) => new URL(`file://${path}`).href;

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
    throw new Error(`in ${cwd}, ${[file, ...args].join(" ")} failed:\n${error.stdout}${error.stderr}`, {
      cause: error,
    });
  }
}
