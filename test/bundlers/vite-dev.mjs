import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const dist = new URL("../../dist/", import.meta.url);

/** An edit of a lambda reaches the page, a broken one shows the overlay with our frame, and mending it recovers. */
export async function viteDev({ version, work, app, options, browser }) {
  const root = join(work, `${version}-dev`);
  cpSync(app, root, { recursive: true });
  rmSync(join(root, "node_modules/.vite"), { recursive: true, force: true });
  writeFileSync(join(root, "index.html"), '<!doctype html><body><script type="module" src="/src/main.ts"></script>');
  const { createServer } = await import(version);
  const { default: shapeline } = await import(new URL("vite.js", dist).href);
  const server = await createServer({
    root,
    configFile: false,
    logLevel: "silent",
    server: { host: "127.0.0.1", port: 0 },
    plugins: [shapeline({ ...options, root })],
  });
  await server.listen();
  const page = await browser.newPage();
  try {
    const complaints = [];
    page.on("console", (message) => complaints.push(message.text()));
    await page.goto(`http://127.0.0.1:${server.httpServer.address().port}/`);
    const lambda = async () =>
      JSON.parse(JSON.parse(await page.textContent("pre", { timeout: 30_000 })).plain).steps[1].source;
    const file = join(root, "src/pipelines/basic.pipeline.ts");
    const text = readFileSync(file, "utf8");
    const write = (to) => writeFileSync(file, text.replace("(x) => x.out.score[0] < 1", to));
    const until = async (wanted) => {
      for (let tries = 0; tries < 100; tries++) {
        if ((await lambda().catch(() => "")) === wanted) return;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error(`the page shows ${await lambda().catch(String)} instead of ${wanted}: ${complaints.join("; ")}`);
    };
    await until("(x) => x.out.score[0] < 1");
    write("(x) => x.out.score[0] < 2.5");
    await until("(x) => x.out.score[0] < 2.5");
    write("(x) => x.out.score[0] == 2.5");
    const overlay = await page.waitForSelector("vite-error-overlay", { timeout: 15_000 });
    const shown = await overlay.evaluate((element) => element.shadowRoot.querySelector(".window").innerText);
    for (const part of ["SL1013", "basic.pipeline.ts:6:27", "write `===`"])
      if (!shown.includes(part)) throw new Error(`the overlay does not say ${part}:\n${shown.slice(0, 1500)}`);
    write("(x) => x.out.score[0] < 3.5");
    await until("(x) => x.out.score[0] < 3.5");
    if ((await page.$("vite-error-overlay")) !== null) throw new Error("the overlay stays after the lambda is mended");
    return "an edit reaches the page, a broken lambda shows the overlay, mending recovers";
  } finally {
    await page.close();
    await server.close();
  }
}
