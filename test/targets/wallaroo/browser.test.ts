// The target in a browser: what an app ships, and a page that calls the platform's interface of another origin. Needs
// `npm run build`.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build, type Metafile } from "esbuild";
import { rolldown } from "rolldown";
import { describe, expect, onTestFinished, test } from "vitest";
import { createServer } from "shapeline/server";
import { pipeline } from "shapeline";
import { wallaroo } from "shapeline/wallaroo";
import { a, champ } from "../../../examples/fraud/models.gen.js";
import { executablePath, openPage, servePage, startBrowser } from "../../browser.js";
import { root } from "../local-engine.js";
import { exampleRows, models } from "./fraud-platform.js";

const app = `import { pipeline } from "./dist/index-browser.js";
  import { wallaroo } from "./dist/wallaroo-browser.js";
  export const connect = (model, options) => pipeline("p").model(model).connect(wallaroo(options));`;

/** Bytes after gzip: of the app's start, and of all that its calls load. */
interface Sizes {
  readonly start: number;
  readonly all: number;
}

async function withEsbuild(): Promise<Sizes> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: app, resolveDir: root, sourcefile: "app.js" },
    ...{ bundle: true, splitting: true, minify: true, format: "esm", target: "es2022", platform: "browser" },
    ...{ outdir: root, write: false, metafile: true, logLevel: "error" },
  });
  const paths = Object.keys(metafile.outputs);
  const sizes = new Map(paths.map((path, i) => [path, gzipSync(outputFiles[i]?.contents ?? "").length]));
  const sum = (chosen: Iterable<string>) => [...chosen].reduce((total, path) => total + (sizes.get(path) ?? 0), 0);
  const entry = paths.find((path) => metafile.outputs[path]?.entryPoint === "app.js") ?? "";
  return { start: sum(loadedWith(entry, metafile)), all: sum(paths) };
}

function loadedWith(entry: string, { outputs }: Metafile): Set<string> {
  const loaded = new Set([entry]);
  // A set takes more while it is read.
  for (const path of loaded)
    for (const { path: next, kind } of outputs[path]?.imports ?? []) if (kind === "import-statement") loaded.add(next);
  return loaded;
}

/** With the bundler of Vite. */
async function withRolldown(): Promise<Sizes> {
  const id = join(root, "app.js");
  const bundle = await rolldown({
    input: id,
    platform: "browser",
    logLevel: "silent",
    plugins: [
      { name: "app", resolveId: (path) => (path === id ? id : null), load: (path) => (path === id ? app : null) },
    ],
  });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  const chunks = output.flatMap((each) => (each.type === "chunk" ? [each] : []));
  const loaded = new Set(chunks.filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName));
  for (const name of loaded)
    chunks.find(({ fileName }) => fileName === name)?.imports.forEach((each) => void loaded.add(each));
  const size = ({ code }: { readonly code: string }): number => gzipSync(code).length;
  const sum = (parts: typeof chunks) => parts.reduce((total, chunk) => total + size(chunk), 0);
  return { start: sum(chunks.filter(({ fileName }) => loaded.has(fileName))), all: sum(chunks) };
}

describe("an app that connects to a platform", () => {
  test.each([
    ["esbuild", withEsbuild],
    ["Rolldown, the bundler of Vite", withRolldown],
  ] as const)("ships what docs/platform.md says, with %s", async (name, bundled) => {
    const { start, all } = await bundled();
    console.log(`${name}: ${start} bytes at the start, ${all} with all that calls load`);
    expect(start).toBeLessThan(16_000);
    expect(all).toBeLessThan(320_000);
  });

  test.skipIf(executablePath === undefined)("infers and reads the log in a browser, from another origin", async () => {
    const contents = `import { pipeline } from "./dist/index-browser.js";
      import { wallaroo } from "./dist/wallaroo-browser.js";
      Object.assign(window, { pipeline, wallaroo });`;
    const [allowed, other] = [await servePage(contents), await servePage(contents)];
    const folder = mkdtempSync(join(tmpdir(), "shapeline-browser-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const token = "browser-0123456789-0123456789";
    const server = await createServer({ data: folder, wallaroo: true, token, cors: [allowed] });
    onTestFinished(() => server.close());
    const url = await server.listen({ port: 0, host: "127.0.0.1" });
    const workspace = "shared";
    await fetch(`${url}/v1/api/workspaces/create`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify({ workspace_name: workspace }),
    });
    const rows = exampleRows(2);
    const live = await pipeline("page").model(a).model(champ).deploy(wallaroo({ url, token, models, workspace }));
    const expected = (await live.infer(rows)).map(({ out }) => out);

    const browser = await startBrowser();
    onTestFinished(() => browser.close());
    const evaluate = async (origin: string, script: string): Promise<unknown> => {
      const page = await openPage(browser, origin, "wallaroo");
      return page.evaluate(`(async ({ a, champ, rows, ...options }) => {
        const failure = (work) => work.then(() => "it worked", (error) => error.code + " " + error.message);
        const target = wallaroo(options);
        const source = pipeline("page").model(a).model(champ);
        ${script}
      })(${JSON.stringify({ a, champ, rows, url, token, workspace })})`);
    };
    const answers = await evaluate(
      allowed,
      `const live = await source.connect(target);
      const columns = await live.infer({ pixels: rows.map(({ pixels }) => pixels) });
      return {
        records: (await live.infer(rows)).map(({ out }) => out),
        columns: columns.out.risk,
        logged: (await live.logs({ limit: 10 })).length,
        status: (await live.status()).state,
        drift: await failure(pipeline("page").model(a).connect(target)),
        again: (await (await source.deploy(target)).versions()).length,
        names: (await target.pipelines()).summaries.map(({ name }) => name),
        untold: (await (await wallaroo(options).pipeline("page", { models: [a, champ] })).builder()).steps.length,
        file: await failure(live.inferFromFile("rows.json")),
        exported: await failure(live.exportLogs()),
        upload: await failure(target.uploadModel({ ...champ, sha256: "1".repeat(64) })),
        tokenFile: await failure(wallaroo({ ...options, token: undefined, tokenFile: "token" }).workspaces()),
      };`,
    );
    expect(answers).toEqual({
      records: expected,
      columns: expected.map(({ risk }) => risk),
      logged: 6,
      status: "running",
      drift: expect.stringMatching(/^SL4009 the version of 'page' .* step 1 of its definition is/) as unknown,
      again: 1,
      names: ["page"],
      untold: 2,
      file: "SL6000 inferFromFile() needs the files of Node, which are not here; read the file, and give its rows to infer()",
      exported:
        "SL6000 exportLogs() needs the files of Node, which are not here; read the log with logBatches(), and save it there",
      upload: expect.stringMatching(/^SL6000 the upload of 'champ' needs the files of Node/) as unknown,
      tokenFile: expect.stringMatching(
        /^SL6051 the token file 'token' cannot be read: there are no files here; give 'token' instead/,
      ) as unknown,
    });
    expect(await evaluate(other, `return failure(source.connect(target));`)).toMatch(/^SL6050 .*CORS/);
  });
});
