import { afterAll, beforeAll, expect, it } from "vitest";
import { pipeline } from "shapeline";
import { wallaroo, type PlatformFetch, type WallarooOptions } from "shapeline/wallaroo";
import { a, champ } from "../../../examples/fraud/models.gen.js";
import { exampleRows, models, servePlatform } from "./fraud-platform.js";

let served: Awaited<ReturnType<typeof servePlatform>>;

beforeAll(async () => {
  served = await servePlatform();
}, 60_000);

afterAll(() => served.close());

/** A platform of a release before 2024: without the route of its configuration, and without members of later ones. */
function older(options: Pick<WallarooOptions, "dialect">) {
  const sent: { readonly path: string; readonly body: string }[] = [];
  const fetched: PlatformFetch = async (to, init) => {
    const { pathname: path } = new URL(to);
    const body = typeof init.body === "string" ? init.body : "";
    sent.push({ path, body });
    if (path === "/v1/api/config") return new Response("", { status: 404 });
    if (/\b(accel|created_on_version|error_summary)\b|workspace \{ id name \} \}\s*\}"/.test(body))
      return Response.json({ errors: [{ message: "field not found in type" }] });
    return fetch(to, init);
  };
  return { target: wallaroo({ url: served.url, testAuth: true, models, ...options, fetch: fetched }), sent };
}

const checked = (name: string) =>
  pipeline(name)
    .model(a)
    .model(champ)
    .validate("low", (x) => x.out < 0.1);
/** The texts of the checks that were sent. */
const checksOf = (sent: ReturnType<typeof older>["sent"]): string[] =>
  sent.flatMap(({ path, body }) =>
    path.endsWith("pipelines/create") ? [/"tree": \["(.{14})/.exec(body)?.[1] ?? ""] : [],
  );

it("refuses to guess how a release that does not say its dialect stores validations, before anything is sent", async () => {
  const { target, sent } = older({});
  const refusal = {
    code: "SL6053",
    message: expect.stringMatching(
      /does not say how its release stores them: give wallaroo\(\{ dialect \}\) or --dialect, "checks" for releases up to 2023\.4\.1, "polars" for releases from 2023\.4\.2$/,
    ) as unknown,
  };
  await expect(checked("guessed").deploy(target)).rejects.toMatchObject(refusal);
  await expect(target.plan(checked("guessed"))).rejects.toMatchObject(refusal);
  expect(sent.map(({ path }) => path)).toEqual(["/v1/api/config"]);

  // What is the same in both dialects needs none.
  const live = await pipeline("plain").model(a).model(champ).deploy(target);
  expect(await live.infer(exampleRows(2))).toHaveLength(2);
  const edited = live.pipeline().addValidation("low", (x) => x.out.risk[0] < 1);
  await expect(edited.steps()).rejects.toMatchObject(refusal);
  expect(await live.pipeline().addAudit("0:").steps()).toHaveLength(3);
});

it("writes the older checks where the option says so, and asks for nothing", async () => {
  const { target, sent } = older({ dialect: "checks" });
  await checked("older").deploy(target);
  expect(checksOf(sent)).toEqual(['{\\"values\\": {']);
  expect(sent.filter(({ path }) => path === "/v1/api/config")).toEqual([]);
});

it("writes polars for a release between the dialects, without the keys and members of later releases", async () => {
  const { target, sent } = older({ dialect: "polars" });
  const live = await checked("between").deploy(target);
  expect(checksOf(sent)).toEqual(['{\\"Alias\\":[{\\']);
  const deploys = sent
    .filter(({ path }) => path.endsWith("pipelines/deploy"))
    .map(({ body }) => JSON.parse(body) as object);
  expect(deploys).toEqual([expect.objectContaining({ model_configs: [expect.any(Number), expect.any(Number)] })]);
  expect(await live.infer(exampleRows(1))).toMatchObject([{ anomaly: { count: 1, low: true } }]);
  expect(await (await checked("between").connect(target)).versions()).toHaveLength(1);
  expect((await target.pipelines()).summaries.map(({ name }) => name)).toContain("between");
  await expect(live.pipeline().workspace()).rejects.toMatchObject({ code: "SL6053" });
});
