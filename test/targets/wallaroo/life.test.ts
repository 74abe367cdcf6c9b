import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { tableFromIPC } from "apache-arrow";
import { afterAll, beforeAll, expect, it } from "vitest";
import { wallaroo } from "shapeline/wallaroo";
import { pipeline } from "shapeline";
import { fraud } from "../../../examples/fraud/fraud.pipeline.js";
import { a, c1, champ } from "../../../examples/fraud/models.gen.js";
import { exampleRows, models, servePlatform } from "./fraud-platform.js";

const rows = exampleRows(20);

let served: Awaited<ReturnType<typeof servePlatform>>;
let url: string;
let folder: string;
const requests: string[] = [];

/** Counts requests by path. */
const counting: typeof fetch = (input, init) => {
  requests.push(new URL(input).pathname);
  return fetch(input, init);
};
const platform = () => wallaroo({ url, testAuth: true, models, fetch: counting });

beforeAll(async () => {
  served = await servePlatform();
  ({ url, folder } = served);
}, 60_000);

afterAll(() => served.close());

it("deploys, infers, reads and exports the log, and undeploys", async () => {
  const live = await fraud.deploy(platform());
  expect(await live.status()).toMatchObject({ pipeline: "fraud", target: "wallaroo", state: "running" });

  const answers = await live.infer(rows);
  expect(answers).toHaveLength(20);
  const [first] = answers;
  expect(first?.out.risk[0]).toBeCloseTo(0.158211, 5);
  expect(first?.time).toBeInstanceOf(Date);
  expect(first?.anomaly).toEqual({ count: 0, amt: false });
  expect(first?.check_failures).toBe(0);
  const columns = await live.infer({ pixels: rows.map(({ pixels }) => pixels) }, { dataset: ["out"] });
  expect(columns.out).toEqual({ risk: answers.map(({ out }) => out.risk) });
  expect(columns).not.toHaveProperty("in");

  const logged = await live.logs({ limit: 1000 });
  expect(logged).toHaveLength(40);
  expect(logged.map(({ time }) => time.getTime())).toEqual(
    logged.map(({ time }) => time.getTime()).sort((x, y) => y - x),
  );
  expect(Object.keys(logged[0] ?? {})).toEqual(expect.arrayContaining(["time", "in", "out", "out_c1", "anomaly"]));
  const failed = await live.logs({ valid: false, limit: 1000 });
  expect(failed).toHaveLength(2 * answers.filter(({ anomaly }) => anomaly.amt).length);
  const since = await live.logs({ start: logged[19]?.time ?? 0, limit: 1000 });
  expect(since).toHaveLength(20);

  const exported = await live.exportLogs({ directory: join(folder, "logs"), arrow: true, limit: 30 });
  expect(exported).toMatchObject({ rows: 30, cut: "limit" });
  expect(exported.files.map((file) => tableFromIPC(readFileSync(file)).numRows)).toEqual([30]);
  const lines = await live.exportLogs({ directory: join(folder, "logs") });
  expect(
    readFileSync(lines.files[0] ?? "", "utf8")
      .trim()
      .split("\n"),
  ).toHaveLength(40);
  expect(readdirSync(join(folder, "logs")).sort()).toEqual(["fraud-1.arrow", "fraud-1.json"]);

  expect(await live.configuration()).toMatchObject({ name: "fraud" });
  expect((await live.configuration()).steps.map(({ kind }) => kind)).toEqual(["model", "shadow", "validation"]);
  expect(await live.versions()).toHaveLength(1);
  await live.undeploy();
  expect(await live.status()).toMatchObject({ state: "stopped", platformStatus: null });
  await expect(live.infer(rows)).rejects.toMatchObject({ code: "SL6008" });
});

it("sends nothing that the platform has: a second deploy makes no version and uploads no model", async () => {
  const first = await fraud.deploy(platform());
  const version = (await first.status()).version;
  requests.length = 0;
  const second = await fraud.deploy(platform());
  expect((await second.status()).version).toBe(version);
  expect(requests.filter((path) => /upload|create|deploy$/.test(path))).toEqual([]);
  expect(await second.infer(rows)).toHaveLength(20);
});

it("asks what is deployed once, and again when that has changed", async () => {
  const live = await fraud.deploy(platform());
  await live.infer(rows);
  requests.length = 0;
  await live.infer(rows);
  expect(requests.map((path) => path.replace(/fraud-\d+/, "fraud-ID"))).toEqual([
    "/v1/api/pipelines/infer/fraud-ID/fraud",
  ]);
  const elsewhere = await fraud.connect(platform());
  await elsewhere.undeploy();
  await expect(live.infer(rows)).rejects.toMatchObject({ code: "SL6008" });
  await fraud.deploy(platform());
  expect(await live.infer(rows)).toHaveLength(20);
});

it("connects with the pipeline's source, and names the step that differs", async () => {
  await fraud.deploy(platform());
  const live = await fraud.connect(platform());
  const [row] = await live.infer([rows[0] ?? { pixels: [] }]);
  expect(row.out.risk[0]).toBeCloseTo(0.158211, 5);

  const other = pipeline("fraud")
    .model(a)
    .shadow(champ, [c1])
    .validate("amt", (x) => x.out < 1);
  await expect(other.connect(platform())).rejects.toMatchObject({
    code: "SL4009",
    message: expect.stringContaining("step 1 of its definition") as string,
  });
  await expect(pipeline("nothing").model(a).connect(platform())).rejects.toMatchObject({ code: "SL6007" });
});

it("lists pipelines as an array that displays itself", async () => {
  await fraud.deploy(platform());
  const list = await platform().pipelines();
  expect(Array.isArray(list)).toBe(true);
  expect(list.map(({ id }) => typeof id)).toEqual(["number"]);
  expect(inspect(list)).toMatch(
    /^name +created +last_updated +deployed.*\nfraud +\d{4}-\d\d-\w{3} \d\d:\d\d:\d\d .* True/,
  );
  expect(inspect(list)).toContain("champ,c1,c2");
  expect(list.toHTML()).toMatch(/^<table><tr><th>name<\/th>.*<td>fraud<\/td>/);
  expect(JSON.parse(JSON.stringify(list))).toMatchObject([{ name: "fraud", deployed: true }]);
});

it("reads missing members when they are asked for: once, and together in one request", async () => {
  await fraud.deploy(platform());
  const objects = await platform().objects();
  const [listed] = await platform().pipelines();
  const one = objects.pipeline({ id: listed?.id });
  const same = objects.pipeline({ id: listed?.id, pipeline_id: "known" });
  requests.length = 0;
  const [name, created, tags, known, otherCreated] = await Promise.all([
    one.name(),
    one.createTime(),
    one.tags(),
    same.name(),
    same.createTime(),
  ]);
  expect([name, tags, known, otherCreated]).toEqual(["fraud", [], "known", created]);
  expect(requests).toEqual(["/v1/graphql"]);
  await one.name();
  expect(requests).toHaveLength(1);
  await expect(objects.pipeline({ id: 999_999 }).name()).rejects.toMatchObject({ code: "SL6007" });
  expect(() => objects.pipeline({})).toThrow("a pipeline is made from data with at least its key");
});

it("refuses what cannot work, with the way out, and shows no secret", async () => {
  expect(() => wallaroo({ url, token: "geheim", testAuth: true })).toThrow("give one of them");
  expect(() => wallaroo({ url: "ftp://x", testAuth: true })).toThrow(/url/);
  const target = wallaroo({ url, token: "geheim" });
  expect(inspect(target, { depth: 9, showHidden: true })).not.toContain("geheim");
  const live = await fraud.deploy(platform());
  await expect(live.infer([{ pixels: [1, 2] as number[] }])).rejects.toMatchObject({ code: "SL5007" });
  await expect(live.logs({ valid: true })).rejects.toMatchObject({ code: "SL6011" });
  await expect(live.configuration("nope")).rejects.toMatchObject({ code: "SL6012" });
  const absent = wallaroo({ url, testAuth: true, models: join(folder, "none") });
  const renamed = { ...a, sha256: "1".repeat(64), name: "other" } as unknown as typeof a;
  await expect(pipeline("other").model(renamed).deploy(absent)).rejects.toMatchObject({ code: "SL3020" });
  // The platform's rule for names is checked before anything is sent.
  requests.length = 0;
  await expect(pipeline("x".repeat(70)).model(a).deploy(platform())).rejects.toMatchObject({ code: "SL2001" });
  expect(requests.filter((path) => !path.endsWith("/config"))).toEqual([]);
});

it("reads a token file again, once, when the platform no longer accepts the token", async () => {
  const path = join(folder, "token.json");
  const write = (token: string): void =>
    writeFileSync(path, JSON.stringify({ token, user_email: "a@b.c", user_id: "user" }), { mode: 0o600 });
  let accepted = "first";
  const sent: (string | undefined)[] = [];
  const answer = (_: string, init: { readonly headers: Record<string, string> }) => {
    sent.push(init.headers["authorization"]);
    const isAccepted = sent.at(-1) === `Bearer ${accepted}`;
    const body = isAccepted ? { workspaces: [] } : { code: 401, msg: "expired" };
    return Promise.resolve(new Response(JSON.stringify(body), { status: isAccepted ? 200 : 401 }));
  };
  write("first");
  const target = wallaroo({ url, tokenFile: path, retries: 0, fetch: answer });
  expect(await target.workspaces()).toEqual([]);
  accepted = "second";
  write("second");
  expect(await target.workspaces()).toEqual([]);
  expect(sent).toEqual(["Bearer first", "Bearer first", "Bearer second"]);

  accepted = "unknown";
  write("third");
  const error = (await target.workspaces().catch((cause: unknown) => cause)) as Error & { code: string };
  expect(error.code).toBe("SL6051");
  expect(sent.slice(3)).toEqual(["Bearer second", "Bearer third"]);
  expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/Bearer|second|third/);
});
