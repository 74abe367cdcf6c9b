import { inspect } from "node:util";
import { Field, Float32, List, makeTable, Table, tableToIPC, Utf8, vectorFromArray } from "apache-arrow";
import { expect, it } from "vitest";
import { wallaroo, type PlatformFetch, type WallarooOptions } from "shapeline/wallaroo";
import { columnsOfTable } from "../../../src/targets/wallaroo/rows/answer-rows.js";
import { requireOwnRows } from "../../../src/targets/wallaroo/rows/own-rows.js";
import { readArrow } from "../../../src/targets/wallaroo/rows/read-arrow.js";

const url = "http://127.0.0.1:9";

interface Sent {
  readonly path: string;
  readonly body: string;
  readonly authorization: string | undefined;
}

/** A platform of which every call is answered by `answer`, and what was sent to it. */
function platform(answer: (call: Sent, number: number) => Response | Error, options: Partial<WallarooOptions> = {}) {
  const sent: Sent[] = [];
  const fetch: PlatformFetch = (to, { body, headers }) => {
    const call = { path: new URL(to).pathname, body: body as string, authorization: headers["authorization"] };
    const result = answer(call, sent.push(call));
    return result instanceof Error ? Promise.reject(result) : Promise.resolve(result);
  };
  const credentials = options.userPassword === undefined ? { testAuth: true } : {};
  return { target: wallaroo({ url, ...credentials, ...options, fetch }), sent };
}

const json = (content: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(content), { status, headers });
const workspaces = () => json({ workspaces: [] });

it("repeats calls that only read, after failures that pass", async () => {
  const { target, sent } = platform(
    (_, number) => [json({ msg: "busy" }, 503), new TypeError("reset")][number - 1] ?? workspaces(),
  );
  expect(await target.workspaces()).toEqual([]);
  expect(sent).toHaveLength(3);
});

it("waits as long as Retry-After asks, and fails with the platform's words after the last repeat", async () => {
  const times: number[] = [];
  const { target } = platform(() =>
    times.push(performance.now()) === 1 ? json({ msg: "slow down" }, 429, { "retry-after": "1" }) : workspaces(),
  );
  await target.workspaces();
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(990);
  const failing = platform(() => json({ code: 500, msg: "out of disk" }, 500), { retries: 0 });
  await expect(failing.target.workspaces()).rejects.toMatchObject({
    code: "SL6054",
    message: expect.stringContaining("the platform says: out of disk") as string,
  });
});

it("does not repeat calls that create something, unless nothing was sent", async () => {
  const lost = platform(({ path }) => (path.endsWith("insert_model_config") ? new TypeError("reset") : workspaces()));
  const version = (await lost.target.objects()).modelVersion({ id: 1 });
  await expect(version.configure({})).rejects.toMatchObject({ code: "SL6050" });
  expect(lost.sent).toHaveLength(1);
  const refused = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
  const late = platform((_, number) => (number < 3 ? refused : json({ model_config: { id: 7 } })));
  expect((await (await late.target.objects()).modelVersion({ id: 1 }).configure({})).id).toBe(7);
  expect(late.sent).toHaveLength(3);
});

it("gets a token for a user and password, renews it before it expires and once after a 401", async () => {
  const tokens = ["first", "second", "third"];
  let accepted = "first";
  const { target, sent } = platform(
    ({ path, authorization }) => {
      if (path === "/auth/realms/master/protocol/openid-connect/token")
        return json({ access_token: tokens.shift(), expires_in: 3600, refresh_token: "again" });
      return authorization === `Bearer ${accepted}` ? workspaces() : json({ msg: "expired" }, 401);
    },
    { userPassword: { user: "me", password: "geheim" } },
  );
  // Calls at the same time share one token.
  await Promise.all([target.workspaces(), target.workspaces()]);
  accepted = "second";
  await target.workspaces();
  const forms = sent.filter(({ path }) => path.startsWith("/auth")).map(({ body }) => new URLSearchParams(body));
  expect(forms.map((form) => form.get("grant_type"))).toEqual(["password", "refresh_token"]);
  expect(forms[0]?.get("password")).toBe("geheim");
  expect(sent.filter(({ path }) => !path.startsWith("/auth")).map(({ authorization }) => authorization)).toEqual([
    "Bearer first",
    "Bearer first",
    "Bearer first",
    "Bearer second",
  ]);
  accepted = "none";
  const error: unknown = await target.workspaces().catch((cause: unknown) => cause);
  expect(error).toMatchObject({ code: "SL6051" });
  expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/geheim|second|third|again/);
});

it("refuses an Arrow file that was cut off, which Arrow reads as one with fewer rows", () => {
  const whole = tableToIPC(makeTable({ y: new Float32Array([1, 2, 3]) }), "file");
  expect(readArrow("here", whole).numRows).toBe(3);
  for (const length of [0, 6, 12, 20, whole.length >> 1, whole.length - 1])
    expect(() => readArrow("here", whole.slice(0, length)), `${length} bytes`).toThrow(/here: .*cut off/);
  expect(() => readArrow("here", new TextEncoder().encode("<html>"))).toThrow("it is no Arrow file");
});

it("counts the failed checks of older releases, and names them where the count says which they are", () => {
  const table = makeTable({ "out.y": new Float32Array([1, 2, 3]), check_failures: new Int8Array([0, 1, 2]) });
  const { anomaly } = columnsOfTable(table, false, ["low", "high"]);
  expect(anomaly).toEqual({ count: [0, 1, 2], low: [false, null, true], high: [false, null, true] });
  expect(columnsOfTable(table, false)["anomaly"]).toEqual({ count: [0, 1, 2] });
  const texts = new List(new Field("item", new Utf8(), true));
  const lists = new Table({ check_failures: vectorFromArray([["x < 1"], []], texts) });
  expect(columnsOfTable(lists, false, ["low"])).toMatchObject({
    check_failures: [1, 0],
    anomaly: { count: [1, 0], low: [true, false] },
  });
});

it("asks again for what only reads where an answer is damaged or of another request, and refuses it at last", async () => {
  const page = () =>
    new Response("<html><head><title>Sign in</title></head></html>", { headers: { "content-type": "text/html" } });
  const cut = () => new Response('{"workspaces":[{"id":', { headers: { "content-type": "application/json" } });
  const passing = platform((_, number) => [page(), cut(), json({ id: 7 })][number - 1] ?? workspaces());
  expect(await passing.target.workspaces()).toEqual([]);
  expect(passing.sent).toHaveLength(4);
  const lasting = platform(page, { retries: 1 });
  await expect(lasting.target.workspaces()).rejects.toMatchObject({
    code: "SL6055",
    message: expect.stringContaining("it is no JSON") as string,
  });
  expect(lasting.sent).toHaveLength(2);
  // A call that creates something is sent once.
  const creating = platform(({ path }) => (path.endsWith("insert_model_config") ? page() : workspaces()));
  await expect((await creating.target.objects()).modelVersion({ id: 1 }).configure({})).rejects.toMatchObject({
    code: "SL6055",
  });
  expect(creating.sent).toHaveLength(1);

  // The members of another object, and a document's answer of another form.
  const named = (id: number) => json({ data: { o0: { id, name: `w${id}` } } });
  const swapped = platform((_, number) => named(number === 1 ? 2 : 1));
  expect(await (await swapped.target.objects()).workspace({ id: 1 }).name()).toBe("w1");
  const other = platform((_, number) => (number === 1 ? json({ data: { model: [] } }) : named(1)));
  expect(await (await other.target.objects()).workspace({ id: 1 }).name()).toBe("w1");
  const never = platform(() => named(2));
  await expect((await never.target.objects()).workspace({ id: 1 }).name()).rejects.toMatchObject({
    code: "SL6055",
    message: expect.stringContaining("workspace 1 was asked for, and it has another one") as string,
  });
  expect(never.sent).toHaveLength(2);
});

it("refuses the answer to other rows", () => {
  const request = makeTable({ x: new Float32Array([1, 2]) });
  const answer = (x: Float32Array) => new Table({ "in.x": vectorFromArray(x), "out.y": vectorFromArray([0, 0]) });
  const check = (given: Table) => () => requireOwnRows("here", request, given);
  expect(check(answer(new Float32Array([1, 2])))).not.toThrow();
  expect(check(makeTable({ "out.y": new Float32Array([0, 0]) }))).not.toThrow();
  // Rounded on its way; NaN as null.
  expect(check(answer(new Float32Array([1.0001, 2])))).not.toThrow();
  const holes = new Table({ x: vectorFromArray([NaN, 2]) });
  const nulls = new Table({ "in.x": vectorFromArray([null, 2]) });
  expect(() => requireOwnRows("here", holes, nulls)).not.toThrow();
  expect(check(answer(new Float32Array([3, 2])))).toThrow("the answer to other rows: row 0 of 'in.x' was not sent");
  expect(check(answer(new Float32Array([1, 3])))).toThrow("row 1 of 'in.x' was not sent");
  const lists = (values: number[][]) => vectorFromArray(values, new List(new Field("item", new Float32())));
  const listed = new Table({ x: lists([[1, 2], [3]]) });
  expect(() => requireOwnRows("here", listed, new Table({ "in.x": lists([[1, 2], [3]]) }))).not.toThrow();
  expect(() => requireOwnRows("here", listed, new Table({ "in.x": lists([[1, 9], [3]]) }))).toThrow("row 0 of 'in.x'");
});
