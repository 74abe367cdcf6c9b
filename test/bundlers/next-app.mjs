import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

// An application of Next.js around the fixture app, and a running server of it.

const here = fileURLToPath(new URL(".", import.meta.url));

const files = {
  "app/layout.jsx": "export default function Layout({ children }) { return <html><body>{children}</body></html>; }\n",
  // The server's configs are computed while Next builds, the client's in the page.
  "app/page.jsx": `import { configs } from "../src/configs";
import Client from "./client";
export default async function Page() {
  return <><pre id="server">{JSON.stringify(await configs())}</pre><Client /></>;
}
`,
  // The effect depends on the function: Next's Fast Refresh runs it again when a module behind it changes.
  "app/client.jsx": `"use client";
import { useEffect, useState } from "react";
import { configs } from "../src/configs";
export default function Client() {
  const [text, setText] = useState("");
  useEffect(() => { configs().then((found) => setText(JSON.stringify(found)), (error) => setText(String(error))); }, [configs]);
  return <pre id="client">{text}</pre>;
}
`,
};

/** Turbopack resolves no `./a.js` to `./a.ts`. Spaces keep the places of the lambdas. */
function withoutJsExtensions(folder) {
  for (const file of readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())) {
    const path = join(file.parentPath, file.name);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace(/(from "\.[^"]*)\.js"/g, '$1"   '));
  }
}

/**
 * Writes the application and returns its folder and how Next's command is run there.
 *
 * @param {{ package: string, turbopack: boolean, use: string }} variant the package of Next; `use`: "build" or "dev"
 */
export function writeNextApp({ package: name, turbopack, use }, { work, app, options }) {
  const root = join(work, `${name}-${turbopack ? "turbopack" : "webpack"}-${use}`);
  cpSync(app, root, { recursive: true });
  // Next 15 installs TypeScript's packages where it finds this file. The other one keeps Turbopack from the repository's,
  // whose `paths` lead to the sources.
  rmSync(join(root, "tsconfig.json"));
  writeFileSync(join(root, "jsconfig.json"), "{}");
  for (const peer of ["react", "react-dom"])
    symlinkSync(join(here, "node_modules", peer), join(root, "node_modules", peer));
  const next = join(root, "node_modules/next");
  // Next imports itself by its name, so an alias needs a folder of that name. Its own dependencies are inside it.
  if (name === "next") symlinkSync(join(here, "node_modules/next"), next);
  else cpSync(join(here, "node_modules", name), next, { recursive: true });
  mkdirSync(join(root, "app"));
  if (turbopack) withoutJsExtensions(join(root, "src"));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(root, file), text);
  writeFileSync(join(root, "package.json"), JSON.stringify({ name: "next-app", private: true, type: "module" }));
  const own = JSON.stringify({ ...options, root });
  writeFileSync(
    join(root, "next.config.mjs"),
    `import shapeline from "shapeline/webpack";
const options = ${own};
const loaders = [{ loader: "shapeline/loader", options }];
export default {
  typescript: { ignoreBuildErrors: true },
  turbopack: { root: ${JSON.stringify(fileURLToPath(new URL("../..", import.meta.url)))}, rules: { "*.pipeline.{ts,tsx,mjs}": { loaders }, "**/src/{checks,limits}.ts": { loaders } } },
  webpack: (config) => {
    config.resolve.extensionAlias = { ".js": [".ts", ".tsx", ".js"] };
    config.plugins.push(shapeline(options));
    return config;
  },
};
`,
  );
  return { root, bin: join(root, "node_modules/next/dist/bin/next") };
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** Starts `next start` or `next dev` and opens its page; `output` returns what it has printed. */
export async function openNext({ root, bin }, command, env, browser) {
  const port = await freePort();
  // A process group of its own: `next dev` starts further processes.
  const server = spawn(process.execPath, [bin, ...command, "-p", String(port), "-H", "127.0.0.1"], {
    cwd: root,
    env: { ...env, NEXT_TELEMETRY_DISABLED: "1" },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let printed = "";
  for (const stream of [server.stdout, server.stderr]) stream.on("data", (chunk) => (printed += chunk));
  const exited = once(server, "exit");
  let page;
  const close = async () => {
    await page?.close();
    if (server.exitCode === null && server.signalCode === null) process.kill(-server.pid, "SIGTERM");
    await exited;
  };
  try {
    page = await browser.newPage();
    for (let tries = 0; tries < 240; tries++) {
      if (server.exitCode !== null) break;
      if (await page.goto(`http://127.0.0.1:${port}/`, { timeout: 120_000 }).catch(() => null)) break;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    await page.waitForFunction("document.querySelector('#client')?.textContent", null, { timeout: 60_000 });
  } catch (error) {
    await close();
    throw new Error(`no page: ${error}\n${printed}`.slice(0, 4000));
  }
  return { page, output: () => printed, close };
}
