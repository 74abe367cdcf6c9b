import { execFileSync } from "node:child_process";
import { nextDev } from "./next-dev.mjs";
import { openNext, writeNextApp } from "./next-app.mjs";

/** The flags that choose the bundler: Next 16 builds with Turbopack by default, Next 15 with webpack. */
const bundlerFlags = ({ package: name, turbopack }) =>
  turbopack ? ["--turbopack"] : name === "next" ? ["--webpack"] : [];

/** Builds an application of Next.js and returns the configs that its server and its page have. */
async function buildNext(variant, job) {
  const app = writeNextApp({ ...variant, use: "build" }, job);
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" };
  try {
    execFileSync(process.execPath, [app.bin, "build", ...bundlerFlags(variant)], {
      cwd: app.root,
      env,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    throw new Error(`next build fails:\n${error.stdout}\n${error.stderr}`.slice(0, 4000));
  }
  const { page, close } = await openNext(app, ["start"], env, job.browser);
  try {
    const configs = async (id) => JSON.parse(await page.textContent(id));
    job.same("server", await configs("#server"));
    job.same("client", await configs("#client"));
    return "configs equal on the server and in Chromium";
  } finally {
    await close();
  }
}

const variants = [
  { title: "next 16, webpack", package: "next", turbopack: false },
  { title: "next 16, turbopack", package: "next", turbopack: true },
  { title: "next 15, webpack", package: "next-before", turbopack: false },
  { title: "next 15, turbopack", package: "next-before", turbopack: true },
];

export const next = variants.flatMap(({ title, ...variant }) => [
  { name: title, run: (job) => buildNext(variant, job) },
  { name: `${title}, dev server`, run: (job) => nextDev(variant, bundlerFlags(variant), job) },
]);
