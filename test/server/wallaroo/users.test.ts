import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createServer } from "shapeline/server";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { folder } from "../../engine/make-config.js";
import { deployed, models } from "../deployed-fraud.js";
import {
  call,
  deploy,
  deployVersion,
  graphql,
  infer,
  modelStep,
  plain,
  recordFor,
  send,
  upload,
  uploaded,
  workspaceIn,
} from "./platform-client.js";

const endpoint = "/auth/realms/master/protocol/openid-connect/token";
const ada = { user: "ada@example.com", password: "correct horse battery", role: "admin" } as const;
const eve = { user: "eve@example.com", password: "another long password", role: "read" } as const;
const bot = { user: "bot", token: "bot-0123456789abcdef", role: "infer" } as const;

interface Grant {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
  readonly error?: string;
}

async function grant(url: string, form: Record<string, string>): Promise<{ status: number; body: Grant }> {
  const answer = await fetch(url + endpoint, { method: "POST", body: new URLSearchParams(form) });
  return { status: answer.status, body: (await answer.json()) as Grant };
}

const signIn = (url: string, { user, password }: { user: string; password: string }) =>
  grant(url, { grant_type: "password", client_id: "sdk-client", username: user, password });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const claims = (token: string) =>
  JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as Record<string, unknown>;

describe("users who sign in with a password", () => {
  let url = "";
  let server: Awaited<ReturnType<typeof createServer>>;

  beforeAll(async () => {
    server = await createServer({ data: folder(), models: "none", wallaroo: true, users: [ada, eve], token: [bot] });
    url = await server.listen({ port: 0 });
    return () => server.close();
  });

  test("get a token that calls with their role, and another one for it later", async () => {
    const { status, body } = await signIn(url, ada);
    expect(status).toBe(200);
    expect(claims(body.access_token)).toMatchObject({ email: "ada@example.com" });
    const later = await grant(url, { grant_type: "refresh_token", refresh_token: body.refresh_token });
    for (const token of [body.access_token, later.body.access_token])
      expect((await call(url, "workspaces/list", {}, bearer(token))).status).toBe(200);
    // A refresh token is none for calls, and an access token none for a new one.
    expect((await call(url, "workspaces/list", {}, bearer(body.refresh_token))).status).toBe(401);
    expect((await grant(url, { grant_type: "refresh_token", refresh_token: body.access_token })).status).toBe(401);

    const reader = bearer((await signIn(url, eve)).body.access_token);
    expect((await call(url, "workspaces/list", {}, reader)).status).toBe(200);
    const refused = await call(url, "workspaces/create", { workspace_name: "w" }, reader);
    expect(refused.status).toBe(403);
    expect((refused.body as { msg: string }).msg).toContain("this token has the role 'read'");
  });

  test("are known by their names, and own what they make", async () => {
    const { access_token } = (await signIn(url, ada)).body;
    const { sub } = claims(access_token);
    const created = await call(url, "workspaces/create", { workspace_name: "adas" }, bearer(access_token));
    const { workspace_id: id } = created.body as { workspace_id: number };
    const { data } = await graphql(
      url,
      "query WorkspaceById($id: bigint!) { workspace_by_pk(id: $id) { created_by users { user_id user_type } } }",
      { id },
      bearer(access_token),
    );
    expect(data).toEqual({
      workspace_by_pk: { created_by: sub, users: [{ user_id: sub, user_type: "OWNER" }] },
    });
    const listed = (await call(url, "users/query", {}, bearer(bot.token))).body as {
      users: Record<string, { email: string }>;
    };
    expect(Object.values(listed.users).map(({ email }) => email)).toEqual([
      "local@shapeline",
      "bot",
      "ada@example.com",
      "eve@example.com",
    ]);
    expect(listed.users[String(sub)]?.email).toBe("ada@example.com");
  });

  test("tokens that were changed, signed by others or expired are refused", async () => {
    const { access_token } = (await signIn(url, eve)).body;
    const [head, body, mark] = access_token.split(".") as [string, string, string];
    const asAda = Buffer.from(
      JSON.stringify({ ...claims(access_token), sub: claims((await signIn(url, ada)).body.access_token)["sub"] }),
    ).toString("base64url");
    const unsigned = Buffer.from('{"alg":"none","typ":"JWT"}').toString("base64url");
    const flipped = mark.startsWith("A") ? `B${mark.slice(1)}` : `A${mark.slice(1)}`;
    const old = Buffer.from(JSON.stringify({ ...claims(access_token), exp: 1 })).toString("base64url");
    for (const token of [
      `${head}.${asAda}.${mark}`,
      `${unsigned}.${body}.`,
      `${unsigned}.${body}.${mark}`,
      `${head}.${body}.${flipped}`,
      `${head}.${old}.${mark}`,
      `${head}.${body}.${mark}.x`,
      "definitely_an_access_token",
    ])
      expect((await call(url, "workspaces/list", {}, bearer(token))).status, token).toBe(401);
  });

  test("guesses are refused after ten, for one name", async () => {
    for (let i = 0; i < 10; i++)
      expect((await signIn(url, { user: "mallory", password: `guess number ${i}` })).status).toBe(401);
    expect(await signIn(url, { user: "mallory", password: "guess number 11" })).toMatchObject({
      status: 429,
      body: { error: "temporarily_unavailable" },
    });
    expect((await signIn(url, ada)).status).toBe(200);
  });

  test("a new password ends the old tokens", async () => {
    const { access_token } = (await signIn(url, ada)).body;
    await server.reload({ users: [{ ...ada, password: "a new long password" }, eve] });
    expect((await call(url, "workspaces/list", {}, bearer(access_token))).status).toBe(401);
    expect((await signIn(url, ada)).status).toBe(401);
    await server.reload({ users: [ada, eve] });
    expect((await call(url, "workspaces/list", {}, bearer(access_token))).status).toBe(200);
  });
});

test("a server without users says so at the token endpoint", async () => {
  const server = await createServer({ data: folder(), models: "none", wallaroo: true });
  onTestFinished(() => server.close());
  const url = await server.listen({ port: 0 });
  const { status, body } = await signIn(url, ada);
  expect([status, body.error]).toEqual([501, "unsupported_grant_type"]);
  await expect(createServer({ data: folder(), users: [ada] })).rejects.toThrow(
    "the option 'users' is for the platform's token endpoint; set wallaroo: true",
  );
});

test("nothing is added to an archived workspace, and what it has goes on", async () => {
  const server = await createServer({ data: folder(), models: "none", wallaroo: true });
  onTestFinished(() => server.close());
  const url = await server.listen({ port: 0 });
  const workspace = await workspaceIn(url);
  const steps = [modelStep("champ", await uploaded(url, workspace, "champ", "champ.onnx"))];
  const { answer, version } = await deploy(url, "kept", workspace, steps);
  const archive =
    "mutation($id: bigint!, $archived: Boolean!) { update_workspace_by_pk(pk_columns: {id: $id}, _set: {archived: $archived}) { archived } }";
  await graphql(url, archive, { id: workspace, archived: true });
  const listed = (await call(url, "workspaces/list", {})).body as { workspaces: { id: number; archived: boolean }[] };
  expect(listed.workspaces.find(({ id }) => id === workspace)?.archived).toBe(true);
  const definition = { id: "more", steps };
  const refusals = [
    await send(url, upload("more", workspace, readFileSync(join(models, "champ.onnx")))),
    await call(url, "pipelines/create", { pipeline_id: "more", workspace_id: workspace, definition }),
    await call(url, "pipelines/deploy", { deploy_id: "kept", pipeline_version_pk_id: version }, plain),
  ];
  for (const { status, body } of refusals) {
    expect(status).toBe(400);
    expect((body as { msg: string }).msg).toMatch(/is archived; nothing can be added to it/);
  }
  expect(await infer(url, "kept", answer.id, [recordFor.champ])).toHaveLength(1);
  await graphql(url, archive, { id: workspace, archived: false });
  expect((await deploy(url, "more", workspace, steps)).status).toBe(200);
});

describe("workspaces of two users", () => {
  const kim = { user: "kim@example.com", password: "a third long password", role: "admin" } as const;

  async function signedIn(data: string) {
    const server = await createServer({ data, models: "none", wallaroo: true, users: [ada, kim] });
    onTestFinished(() => server.close());
    const url = await server.listen({ port: 0 });
    const headersOf = async (user: typeof ada | typeof kim) => bearer((await signIn(url, user)).body.access_token);
    return { url, asAda: await headersOf(ada), asKim: await headersOf(kim) };
  }
  const workspacesOf = async (url: string, headers: object) =>
    ((await call(url, "workspaces/list", {}, headers)).body as { workspaces: { name: string }[] }).workspaces.map(
      ({ name }) => name,
    );

  test("are not there for the other one, until the owner adds the user", async () => {
    const { url, asAda, asKim } = await signedIn(folder());
    const named = { workspace_name: "adas" };
    const { workspace_id: id } = (await call(url, "workspaces/create", named, asAda)).body as { workspace_id: number };
    const steps = [modelStep("champ", await uploaded(url, id, "champ", "champ.onnx", asAda))];
    const definition = { id: "kept", steps };
    const { answer, version, pipeline } = await deploy(url, "kept", id, steps, asAda);
    expect(answer.msg).toBeUndefined();
    const own = (await call(url, "workspaces/create", { workspace_name: "kims" }, asKim)).body;
    const { workspace_id: kims } = own as { workspace_id: number };

    expect(await workspacesOf(url, asKim)).toEqual(["kims"]);
    expect((await call(url, "models/list", {}, asKim)).body).toEqual({ models: [] });
    const hidden = await graphql(
      url,
      "query($id: bigint!) { pipeline_by_pk(id: $id) { id } workspace { name users { user_id } } deployment { id } tag { pipeline_tags { id } } }",
      { id: pipeline },
      asKim,
    );
    expect(hidden.data).toMatchObject({ pipeline_by_pk: null, workspace: [{ name: "kims" }], deployment: [] });
    const topic = `logs/topic/workspace-${id}-pipeline-kept-inference/records?page_size=1`;
    const log = await fetch(`${url}/v1/${topic}`, { method: "POST", headers: asKim, body: "{}" });
    const refused = [
      log.status,
      (await send(url, upload("more", id, readFileSync(join(models, "champ.onnx"))), asKim)).status,
      ...(await Promise.all(
        [
          ["workspaces/get", { id }],
          ["workspaces/add_user", { workspace_id: id, user_id: "kim" }],
          ["models/insert_model_config", { model_version_id: 1, tensor_fields: ["mine"] }],
          ["pipelines/create", { pipeline_id: "kept", workspace_id: id, definition }],
          ["pipelines/deploy", { deploy_id: "kept", pipeline_version_pk_id: version }],
          ["pipelines/undeploy", { deployment_id: answer.id }],
          ["pipelines/get_pipeline_by_name", { pipeline_name: "kept" }],
          ["status/get_deployment", { name: `kept-${answer.id}` }],
          ["plateau/get_topic_name", { pipeline_pk_id: pipeline }],
        ].map(async ([path, body]) => (await call(url, path as string, body, { ...asKim, ...plain })).status),
      )),
    ];
    expect(refused).toEqual(refused.map(() => 404));
    // A name is taken all the same, and a model cannot be used from elsewhere.
    const again = await call(url, "workspaces/create", named, asKim);
    expect((again.body as { msg: string }).msg).toContain("ask its owner to add you to it");
    const borrowed = await deploy(url, "borrowed", kims, steps, asKim);
    expect([borrowed.status, borrowed.answer.msg]).toEqual([400, expect.stringContaining("is not on this server")]);
    expect((await call(url, "status/get_deployment", { name: `kept-${answer.id}` }, asAda)).status).toBe(200);

    const { sub } = claims(asKim.authorization.slice("Bearer ".length));
    const added = await call(url, "workspaces/add_user", { workspace_id: id, user_id: sub }, asAda);
    expect(added.status).toBe(200);
    expect(await workspacesOf(url, asKim)).toEqual(["adas", "kims"]);
    expect((await deployVersion(url, "kept", version, asKim)).answer.id).toBe(answer.id);
    await graphql(
      url,
      "mutation($user: String!, $id: bigint!) { delete_workspace_users(where: {user_id: {_eq: $user}, workspace_id: {_eq: $id}}) { affected_rows } }",
      { user: sub, id },
      asAda,
    );
    expect(await workspacesOf(url, asKim)).toEqual(["kims"]);
  });

  test("and a pipeline of TypeScript is there for both", async () => {
    const { url, asAda, asKim } = await signedIn(await deployed());
    await call(url, "workspaces/create", { workspace_name: "adas" }, asAda);
    for (const headers of [asAda, asKim]) {
      const { body } = await call(url, "pipelines/list_pipelines", {}, headers);
      const { pipelines } = body as { pipelines: { pipeline: { name: string }; workspace: { name: string } }[] };
      expect(pipelines.map(({ pipeline, workspace }) => [pipeline.name, workspace.name])).toEqual([
        ["fraud", "default"],
      ]);
    }
  });
});
