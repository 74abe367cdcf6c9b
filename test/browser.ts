import { existsSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { build as bundle } from "esbuild";
import { type Browser, chromium, type Page } from "playwright-core";
import { onTestFinished } from "vitest";
import { root } from "./targets/local-engine.js";

/** The browser of the tests, if there is one. */
export const executablePath = [
  process.env["CHROMIUM_PATH"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
].find((path) => path !== undefined && existsSync(path));
if (executablePath === undefined)
  process.stderr.write("skipped: no Chromium was found, so nothing is tested in a browser; set CHROMIUM_PATH\n");

/**
 * Serves a page with a script, bundled as an app would be, until the test is finished. Returns its origin.
 *
 * @param contents the script; it may import from `./dist`
 * @param external packages that it does not need
 */
export async function servePage(contents: string, external: string[] = []): Promise<string> {
  const { outputFiles } = await bundle({
    stdin: { contents, resolveDir: root },
    bundle: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    platform: "browser",
    external,
    logLevel: "error",
    outdir: "/",
    write: false,
  });
  const files = new Map(outputFiles.map(({ path, contents: script }) => [path, script]));
  const server = createHttpServer((request, response) => {
    const script = files.get(request.url ?? "");
    if (script !== undefined) response.writeHead(200, { "content-type": "text/javascript" }).end(script);
    else
      response
        .writeHead(200, { "content-type": "text/html" })
        .end(`<!doctype html><script type="module" src="/stdin.js"></script>`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Starts the browser. */
export async function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: executablePath ?? "", args: ["--no-sandbox"] });
}

/** Opens a page of an origin that `servePage` returned, once its script has set a property of `window`. */
export async function openPage(browser: Browser, origin: string, property: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(origin);
  await page.waitForFunction(`window.${property} !== undefined`);
  return page;
}
