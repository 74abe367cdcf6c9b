import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { createServer } from "shapeline/server";
import { compiledProject, shapeline as run } from "../shapeline.js";

let server: Awaited<ReturnType<typeof createServer>>;
let folder: string;
let on: readonly string[];

afterAll(() => server.close());

/** With the environment as for the platform's SDK. */
const shapeline = (cwd: string, args: readonly string[]) =>
  run(cwd, args, undefined, { WALLAROO_SDK_AUTH_TYPE: "test_auth" });

const json = async (args: readonly string[]) => {
  const { code, out } = await shapeline(folder, [...args, ...on, "--json"]);
  return [code, JSON.parse(out) as unknown] as const;
};

it("plans, deploys, infers, reads the log and undeploys on a platform, and says what is missing", async () => {
  folder = await compiledProject("fraud");
  server = await createServer({ data: join(folder, "platform"), wallaroo: true });
  on = ["--to", "wallaroo", "--url", await server.listen({ port: 0, host: "127.0.0.1" })];

  const first = await shapeline(folder, ["plan", "fraud.pipeline.json", ...on]);
  expect(first.code, first.err).toBe(2);
  expect(first.out).toMatch(/^fraud is not on the platform; a deploy adds it:$/m);
  expect(first.out).toMatch(/^upload champ: file [0-9a-f]{12}…$/m);
  expect(first.out).toContain("+ step 1: .shadow(champ, [c1, c2])");
  expect(first.out).toContain('  {"Alias":[');

  expect(await json(["deploy", "fraud.pipeline.json"])).toMatchObject([0, { target: "wallaroo", state: "running" }]);
  expect(await json(["plan", "fraud.pipeline.json"])).toMatchObject([
    0,
    {
      same: true,
      running: true,
      steps: [],
      models: [],
      texts: [],
      registry: [{ name: "a", version: expect.any(String) }, {}, {}, {}],
    },
  ]);

  const source = readFileSync(join(folder, "fraud.pipeline.ts"), "utf8");
  writeFileSync(
    join(folder, "other.pipeline.ts"),
    source.replace("c1, c2", "c1").replace("[c1, c2]", "[c1]").replace("< 1", "< 0.9"),
  );
  const changed = await json(["plan", "other.pipeline.ts"]);
  expect(changed).toMatchObject([
    2,
    {
      same: false,
      models: [{ kind: "removed", name: "c2" }],
      steps: [
        { kind: "changed", from: 1, to: 1, before: "shadow(champ, [c1, c2])", after: "shadow(champ, [c1])" },
        { kind: "changed", from: 2, to: 2 },
      ],
      texts: [{ validation: "amt", before: expect.stringContaining("1.0"), after: expect.stringContaining("0.9") }],
      unread: [],
    },
  ]);

  // The platform's names and versions, with the ports of the files.
  const generated = ["generate", "--from", "wallaroo", "--out", "platform.gen.ts", ...on.slice(2)];
  expect(await shapeline(folder, generated)).toMatchObject({ code: 0 });
  const typings = readFileSync(join(folder, "platform.gen.ts"), "utf8");
  expect(typings).toMatch(/name: "champ",\s+version: "[0-9a-f-]{36}"/);

  const [code, rows] = await json(["infer", "fraud", "rows.df.json"]);
  expect(code).toBe(0);
  expect((rows as { out: { risk: number[] } }[])[0]?.out.risk[0]).toBeCloseTo(0.158211, 5);
  expect(await json(["logs", "fraud", "--limit", "3"])).toMatchObject([0, [{ check_failures: 0 }, {}, {}]]);
  expect(await json(["status", "fraud"])).toMatchObject([0, { platformStatus: "Running", state: "running" }]);
  expect(await json(["undeploy", "fraud"])).toEqual([0, { pipeline: "fraud", state: "undeployed" }]);
  expect((await shapeline(folder, ["plan", "fraud.pipeline.json", ...on])).out).toMatch(
    / is stopped; a deploy starts it\n$/,
  );

  // What is missing is said: the address, what the dialect cannot express.
  const noUrl = await shapeline(folder, ["status", "fraud", "--to", "wallaroo"]);
  expect([noUrl.code, noUrl.err]).toEqual([1, expect.stringContaining("give --url, or set WALLAROO_URL")]);
  const alerts = readFileSync(join(folder, "fraud.pipeline.ts"), "utf8").replace(
    /\.validate\([^;]*;/,
    '.alert("many", (all) => all.count() > 3, { over: "5m" });',
  );
  writeFileSync(join(folder, "alerts.pipeline.ts"), alerts);
  const refused = await shapeline(folder, ["plan", "alerts.pipeline.ts", ...on]);
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining("platforms since 2023.4.2 have no alerts")]);
});
