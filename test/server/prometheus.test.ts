// @module-tag slow
// Debian's Prometheus scrapes /metrics, loads /rules, and sees an alert go through its states.
// Slow: Prometheus evaluates once a second. Needs the program `prometheus` on the path.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer as createNetServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pipeline } from "shapeline";
import { createServer } from "shapeline/server";
import { expect, onTestFinished, test } from "vitest";
import { parse, stringify } from "yaml";
import { a, champ } from "../../examples/fraud/models.gen.js";
import { folder } from "../engine/make-config.js";
import { slow } from "../slow.js";
import { root } from "../targets/local-engine.js";
import { deployed, models, rows } from "./deployed-fraud.js";

const isInstalled = spawnSync("prometheus", ["--version"]).status === 0;
if (slow && !isInstalled) {
  process.stderr.write(
    "skipped: Prometheus is not installed, so no alert is fired by it (Debian's package prometheus)\n",
  );
  if (process.env["SHAPELINE_PROMTOOL_REQUIRED"] === "1") process.exit(1);
}

/** Holds while more than five rows came in the last five seconds; Prometheus has it pending for three. */
const busy = pipeline("fraud")
  .model(a)
  .model(champ)
  .alert("busy", (all) => all.count() > 5, { over: "5s", for: "3s" });

test.skipIf(!slow || !isInstalled)("an alert goes pending, firing, resolved", { timeout: 90_000 }, async () => {
  const tokens = { read: "read-0123456789abcdef", infer: "infer-0123456789abcdef" } as const;
  const token = Object.entries(tokens).map(([role, text]) => ({ role: role as keyof typeof tokens, token: text }));
  const server = await createServer({ data: await deployed(busy), models, token });
  onTestFinished(() => server.close());
  const url = await server.listen({ port: 0 });
  const prometheus = await startPrometheus(url, tokens.read);

  // Rows until it fires. Then there are none, and five seconds later the window is empty.
  const states: string[] = [];
  const body = JSON.stringify({ records: rows.slice(0, 4) });
  const headers = { authorization: `Bearer ${tokens.infer}`, "content-type": "application/json" };
  for (let end = Date.now() + 60_000; states.at(-1) !== "resolved" && Date.now() < end; await sleep(250)) {
    if (!states.includes("firing")) {
      const answer = await fetch(`${url}/api/v1/pipelines/fraud/infer`, { method: "POST", headers, body });
      expect(answer.status).toBe(200);
      await answer.arrayBuffer();
    }
    const { alerts } = await prometheus.get<{ alerts: { labels: object; state: string }[] }>("alerts");
    const [alert] = alerts;
    if (alert !== undefined) expect(alert.labels).toMatchObject({ alertname: "busy", pipeline: "fraud" });
    const state = alert?.state ?? (states.length === 0 ? "inactive" : "resolved");
    if (state !== states.at(-1) && state !== "inactive") states.push(state);
  }
  expect(states).toEqual(["pending", "firing", "resolved"]);

  const { activeTargets } = await prometheus.get<{ activeTargets: { health: string; lastError: string }[] }>("targets");
  expect(activeTargets).toMatchObject([{ health: "up", lastError: "" }]);
});

/** Runs Prometheus with the example's settings, once a second, and the server's rules. */
async function startPrometheus(server: string, token: string) {
  const home = folder();
  const authorization = `Bearer ${token}`;
  const rules = await (await fetch(`${server}/rules`, { headers: { authorization } })).text();
  writeFileSync(join(home, "rules.yml"), rules);
  writeFileSync(join(home, "token"), token);
  const example = readFileSync(join(root, "examples", "server", "prometheus.yml"), "utf8");
  const { scrape_configs: jobs, ...rest } = parse(example) as { scrape_configs: object[] };
  const settings = {
    ...rest,
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    rule_files: [join(home, "rules.yml")],
    scrape_configs: jobs.map((job) => ({
      ...job,
      authorization: { credentials_file: join(home, "token") },
      static_configs: [{ targets: [new URL(server).host] }],
    })),
  };
  const config = join(home, "prometheus.yml");
  writeFileSync(config, stringify(settings));

  const address = `127.0.0.1:${await freePort()}`;
  const process = spawn(
    "prometheus",
    [`--config.file=${config}`, `--storage.tsdb.path=${join(home, "data")}`, `--web.listen-address=${address}`],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let log = "";
  process.stderr.on("data", (text: Buffer) => (log += text.toString()));
  onTestFinished(async () => {
    const ended = once(process, "exit");
    process.kill();
    await ended;
  });
  await expect
    .poll(async () => (await fetch(`http://${address}/-/ready`).catch(() => null))?.status ?? log, { timeout: 30_000 })
    .toBe(200);
  return {
    async get<T>(what: string): Promise<T> {
      const answer = await fetch(`http://${address}/api/v1/${what}`);
      return ((await answer.json()) as { data: T }).data;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createNetServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
