// Bundles one application of twenty pipelines with many bundlers and minifiers, runs each bundle in Node and Chromium
// under a Content-Security-Policy without `unsafe-eval`, and compares the configs with those of `shapeline compile`
// byte by byte. Needs `npm run build` and `npm ci --prefix test/bundlers`. Arguments choose: `webpack "vite dev"`.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { basename, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";
import { bundlers } from "./bundle.mjs";
import { caches } from "./caches.mjs";
import { components } from "./components.mjs";
import { maps } from "./maps.mjs";
import { next } from "./next.mjs";
import { viteDev } from "./vite-dev.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const work = join(root, "test/bundlers/.work");
const app = join(work, "app");
const chosen = process.argv.slice(2);
const isChosen = (name) => chosen.length === 0 || chosen.some((word) => name.includes(word));

rmSync(work, { recursive: true, force: true });
mkdirSync(join(app, "node_modules/shapeline"), { recursive: true });
cpSync(join(root, "test/fixtures/projects/bundled-app"), app, { recursive: true });
// As installed from the registry: the bundled files, without the single modules of tsc.
const installed = join(app, "node_modules/shapeline");
cpSync(join(root, "package.json"), join(installed, "package.json"));
for (const file of readdirSync(join(root, "dist")))
  if (extname(file) === ".js") cpSync(join(root, "dist", file), join(installed, "dist", file));
execFileSync(process.execPath, [join(root, "dist/cli.js"), "compile", "--out", join(work, "cli")], { cwd: app });
const expected = Object.fromEntries(
  readdirSync(join(work, "cli")).map((file) => [
    file.replace(".pipeline.json", ""),
    readFileSync(join(work, "cli", file), "utf8"),
  ]),
);

/** The names of the pipelines whose configs differ from the CLI's. */
const differences = (configs) =>
  [...new Set([...Object.keys(expected), ...Object.keys(configs)])].filter((name) => configs[name] !== expected[name]);

const policy = "default-src 'none'; script-src 'self'; connect-src 'self'";
const server = createServer((request, response) => {
  const path = new URL(request.url, "http://localhost").pathname;
  const file = join(work, path);
  const headers = { "content-security-policy": policy };
  if (path.endsWith("/"))
    response
      .writeHead(200, { ...headers, "content-type": "text/html" })
      .end('<!doctype html><body><script type="module" src="main.js"></script>');
  else if (extname(file) === ".js" && existsSync(file))
    response.writeHead(200, { ...headers, "content-type": "text/javascript" }).end(readFileSync(file));
  else response.writeHead(404).end();
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const origin = `http://127.0.0.1:${server.address().port}`;
const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });

const options = { root: app, modules: ["./src/ml.ts"], helpers: ["src/checks.ts", "src/limits.ts"] };
let failures = 0;
async function check(name, body) {
  if (!isChosen(name)) return;
  const start = performance.now();
  try {
    const said = await body();
    console.log(`ok    ${name}: ${said} (${Math.round(performance.now() - start)} ms)`);
  } catch (error) {
    failures += 1;
    console.log(`FAILS ${name}: ${error.stack ?? error}`);
  }
}
const same = (where, configs) => {
  const different = differences(configs);
  if (different.length > 0)
    throw new Error(
      `${where}: ${different.length} of ${Object.keys(expected).length} configs differ: ${different.join(", ")}`,
    );
};

/** The text of `<pre>` in a page whose script is the `main.js` of a folder. */
async function textOfPage(folder) {
  const page = await browser.newPage();
  const complaints = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(`${origin}/out/${basename(folder)}/`);
  const pre = await page.waitForSelector("pre", { timeout: 15_000 }).catch(() => null);
  if (pre === null) throw new Error(`the page shows nothing: ${complaints.join("; ")}`);
  const text = await pre.textContent();
  await page.close();
  return text;
}

for (const [name, bundle] of Object.entries(bundlers))
  await check(name, async () => {
    const out = join(work, "out", name.replace(/\W+/g, "-"));
    mkdirSync(out, { recursive: true });
    writeFileSync(join(out, "package.json"), '{"type":"module"}');
    await bundle({ entry: join(app, "src/main.ts"), root: app, out, options });
    const scripts = readdirSync(out, { recursive: true }).filter((file) => file.endsWith(".js"));
    const text = scripts.map((file) => readFileSync(join(out, file), "utf8")).join("\n");
    if (/createSourceFile|ts-morph/.test(text)) throw new Error("the bundle contains the TypeScript parser");
    same(
      "Node",
      JSON.parse(execFileSync(process.execPath, [join(out, "main.js")], { encoding: "utf8", maxBuffer: 1e8 })),
    );
    same("Chromium", JSON.parse(await textOfPage(out)));
    return `${Object.keys(expected).length} configs equal in Node and Chromium; ${gzipSync(text).length} bytes gzip`;
  });

for (const version of ["vite", "vite-before"])
  await check(`${version} dev server`, () => viteDev({ version, work, app, options, browser }));
for (const job of components)
  await check(job.name, () => {
    const out = join(work, "out", job.name.replace(/\W+/g, "-"));
    return job.run({ work, app, out, options, page: textOfPage });
  });
for (const job of maps)
  await check(job.name, () => job.run({ app, options, out: join(work, "out", job.name.replace(/\W+/g, "-")) }));
for (const job of caches) await check(job.name, () => job.run({ work, app, options }));
for (const job of next) await check(job.name, () => job.run({ work, app, options, browser, same }));

await browser.close();
server.close();
process.exitCode = failures === 0 ? 0 : 1;
