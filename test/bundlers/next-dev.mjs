import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openNext, writeNextApp } from "./next-app.mjs";

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * The dev server of Next.js: configs equal the CLI's, an edit of a lambda reaches the page, a broken one shows our frame
 * in the overlay and in the terminal, and mending it recovers.
 */
export async function nextDev(variant, flags, job) {
  const app = writeNextApp({ ...variant, use: "dev" }, job);
  const { NODE_ENV: _, ...env } = process.env;
  const { page, output, close } = await openNext(app, ["dev", ...flags], env, job.browser);
  try {
    const configs = async (id) =>
      JSON.parse(await page.evaluate((selector) => document.querySelector(selector)?.textContent ?? "", id));
    job.same("server", await configs("#server"));
    job.same("client", await configs("#client"));

    const file = join(app.root, "src/pipelines/basic.pipeline.ts");
    const text = readFileSync(file, "utf8");
    const write = (lambda) => writeFileSync(file, text.replace("(x) => x.out.score[0] < 1", lambda));
    const shown = () => page.evaluate(() => document.body.innerText.slice(0, 300));
    const lambda = async () => JSON.parse((await configs("#client")).plain).steps[1].source;
    const until = async (what, holds) => {
      const end = Date.now() + 90_000;
      while (Date.now() < end) {
        if (await holds().catch(() => false)) return;
        await pause(200);
      }
      throw new Error(`${what}: ${await shown()}\nThe server printed:\n${output().slice(-3000)}`);
    };
    write("(x) => x.out.score[0] < 2.5");
    await until("the edit does not reach the page", async () => (await lambda()) === "(x) => x.out.score[0] < 2.5");

    write("(x) => x.out.score[0] == 2.5");
    const parts = ["SL1013", "basic.pipeline.ts:6:27", "write `===`"];
    const hasAll = (shown) => parts.every((part) => shown.includes(part));
    const overlay = () =>
      page.evaluate(() =>
        [...document.querySelectorAll("nextjs-portal")].map(({ shadowRoot }) => shadowRoot?.textContent).join("\n"),
      );
    await until("the terminal does not show our frame", async () => hasAll(output()));
    await until("the overlay does not show our frame", async () => hasAll(await overlay()));

    write("(x) => x.out.score[0] < 3.5");
    await until("mending does not recover", async () => (await lambda()) === "(x) => x.out.score[0] < 3.5");
    await until("the overlay stays", async () => !hasAll(await overlay()));
    return "configs equal, an edit reaches the page, a broken lambda shows our frame, mending recovers";
  } finally {
    await close();
  }
}
