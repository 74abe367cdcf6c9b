// The files that run the server in containers: what they name exists on a live server. Containers cannot be built
// here; docs/server.md says so.
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { createServer } from "shapeline/server";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { folder } from "../engine/make-config.js";
import { root } from "../targets/local-engine.js";
import { deployed, models, rows } from "./deployed-fraud.js";

const files = join(root, "examples", "server");
const text = (...path: readonly string[]): string => readFileSync(join(files, ...path), "utf8");
const token = "read-0123456789abcdef";

let server: Awaited<ReturnType<typeof createServer>>;
let url = "";
beforeAll(async () => {
  server = await createServer({ data: await deployed(), models, token });
  url = await server.listen({ port: 0 });
  await fetch(`${url}/api/v1/pipelines/fraud/infer`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ records: rows.slice(0, 2) }),
  });
  return () => server.close();
});

/** Runs one of the image's scripts: its exit status and what it prints. */
async function run(script: string, args: readonly string[], env: Record<string, string>) {
  const ended = await promisify(execFile)(process.execPath, [join(files, script), ...args], { env }).then(
    ({ stdout }) => ({ code: 0, stdout, stderr: "" }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
  return { code: ended.code, output: ended.stdout + ended.stderr };
}

test("every metric of the dashboard is one of /metrics, with its labels", async () => {
  const metrics = await (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).text();
  const series = metrics.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const dashboard = text("grafana", "shapeline.json");
  const expressions = [...dashboard.matchAll(/"(?:expr|query)": "((?:[^"\\]|\\.)*)"/g)].map(([, each]) => each ?? "");
  expect(expressions.length).toBeGreaterThan(10);
  for (const expression of expressions) {
    const [name] = /\b(?:shapeline|nodejs|process)_\w+/.exec(expression) ?? [""];
    const own = series.filter((line) => new RegExp(`^${name}[{ ]`).test(line));
    // A challenger's first error is counted when it happens; its type is there before.
    const isThere = own.length > 0 || metrics.includes(`# TYPE ${name.replace(/_bucket$/, "")} `);
    expect(isThere, `${name}, in ${expression}`).toBe(true);
    const labels = /sum by \(([^)]*)\)/.exec(expression)?.[1]?.split(", ") ?? [];
    if (own.length > 0)
      expect(labels.filter((label) => !own.some((line) => line.includes(`${label}="`)), expression)).toEqual([]);
  }
});

test("the options of the image's command exist, and its services name each other", async () => {
  const { stdout: known } = await promisify(execFile)(process.execPath, [
    join(root, "dist", "cli.js"),
    "serve",
    "--help",
  ]);
  const compose = parse(text("compose.yaml")) as { services: Record<string, { command?: string | string[] }> };
  const [, command = "[]"] = /^CMD (.*)$/m.exec(text("Dockerfile")) ?? [];
  const options = [...(JSON.parse(command) as string[]), ...String(compose.services["shapeline"]?.command).split(" ")];
  for (const option of options.filter((each) => each.startsWith("--"))) expect(known).toContain(`${option} <`);
  const { scrape_configs: jobs } = parse(text("prometheus.yml")) as {
    scrape_configs: { static_configs: { targets: string[] }[] }[];
  };
  expect(jobs[0]?.static_configs[0]?.targets).toEqual(["shapeline:8080"]);
  expect(Object.keys(compose.services)).toEqual(["shapeline", "rules", "prometheus", "grafana"]);
});

test("the health check tells whether the server is ready", async () => {
  expect(await run("healthcheck.mjs", [], { PORT: new URL(url).port })).toEqual({ code: 0, output: "" });
  expect(await run("healthcheck.mjs", [], { PORT: "1" })).toEqual({ code: 1, output: "" });
});

test("the rules are written for Prometheus, which loads them", async () => {
  const reloads: string[] = [];
  const prometheus = createHttpServer((request, response) => {
    reloads.push(`${request.method} ${request.url}`);
    response.end();
  });
  await new Promise<void>((resolve) => prometheus.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void prometheus.close());
  const home = folder();
  const [file, secret] = [join(home, "rules.yml"), join(home, "token")];
  writeFileSync(secret, `${token}\n`);
  const there = `http://127.0.0.1:${(prometheus.address() as AddressInfo).port}`;
  const update = (from: string) => run("fetch-rules.mjs", [from, file, there, "--once"], { TOKEN_FILE: secret });
  expect(await update(url)).toEqual({ code: 0, output: "new rules are loaded\n" });
  expect(reloads).toEqual(["POST /-/reload"]);
  expect(parse(readFileSync(file, "utf8"))).toMatchObject({
    groups: [{ name: "fraud", rules: [{ alert: "drift" }, { alert: "peak" }] }],
  });
  const gone = await update("http://127.0.0.1:1");
  expect(gone).toMatchObject({ code: 1, output: expect.stringMatching(/^the rules were not updated: /) as unknown });
});
