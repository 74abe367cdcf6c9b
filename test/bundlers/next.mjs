import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const dist = fileURLToPath(new URL("../../dist/", import.meta.url));

const files = {
  "app/layout.jsx": "export default function Layout({ children }) { return <html><body>{children}</body></html>; }\n",
  // The server's configs are computed while Next builds, the client's in the page.
  "app/page.jsx": `import { configs } from "../src/configs";
import Client from "./client";
export default async function Page() {
  return <><pre id="server">{JSON.stringify(await configs())}</pre><Client /></>;
}
`,
  "app/client.jsx": `"use client";
import { useEffect, useState } from "react";
import { configs } from "../src/configs";
export default function Client() {
  const [text, setText] = useState("");
  useEffect(() => { configs().then((found) => setText(JSON.stringify(found)), (error) => setText(String(error))); }, []);
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

/** Builds an application of Next.js and returns the configs that its server and its page have. */
async function buildNext(turbopack, { work, app, options, browser }) {
  const root = join(work, `next-${turbopack ? "turbopack" : "webpack"}`);
  cpSync(app, root, { recursive: true });
  for (const name of ["react", "react-dom"])
    symlinkSync(join(here, "node_modules", name), join(root, "node_modules", name));
  symlinkSync(join(here, "node_modules/next"), join(root, "node_modules/next"));
  mkdirSync(join(root, "app"));
  if (turbopack) withoutJsExtensions(join(root, "src"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
  writeFileSync(join(root, "package.json"), JSON.stringify({ name: "next-app", private: true, type: "module" }));
  const own = JSON.stringify({ ...options, root });
  writeFileSync(
    join(root, "next.config.mjs"),
    `import shapeline from ${JSON.stringify(join(dist, "webpack.js"))};
const options = ${own};
const loaders = [{ loader: ${JSON.stringify(join(dist, "loader.js"))}, options }];
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
  const bin = join(here, "node_modules/next/dist/bin/next");
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" };

  try {
    execFileSync(process.execPath, [bin, "build", turbopack ? "--turbopack" : "--webpack"], {
      cwd: root,
      env,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    throw new Error(`next build fails:\n${error.stdout}\n${error.stderr}`.slice(0, 4000));
  }
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const server = spawn(process.execPath, [bin, "start", "-p", String(port), "-H", "127.0.0.1"], {
    cwd: root,
    env,
    stdio: "ignore",
  });
  try {
    const page = await browser.newPage();
    for (let tries = 0; tries < 60; tries++) {
      if (await page.goto(`http://127.0.0.1:${port}/`).catch(() => null)) break;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    await page.waitForFunction("document.querySelector('#client')?.textContent", null, { timeout: 20_000 });
    const text = (id) => page.textContent(id);
    const found = { server: await text("#server"), client: await text("#client") };
    await page.close();
    return Object.fromEntries(Object.entries(found).map(([where, json]) => [where, JSON.parse(json)]));
  } finally {
    server.kill();
    await once(server, "exit");
  }
}

export const next = [
  { name: "next 16, webpack", run: (job) => buildNext(false, job) },
  { name: "next 16, turbopack", run: (job) => buildNext(true, job) },
];
