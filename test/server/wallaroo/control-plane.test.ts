import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { tableFromIPC } from "apache-arrow";
import { buildClientSchema, getIntrospectionQuery, parse, validate } from "graphql";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { createServer } from "shapeline/server";
import { folder } from "../../engine/make-config.js";
import { deployed, models } from "../deployed-fraud.js";
import {
  call,
  createVersion,
  deploy,
  deploymentOf,
  deployVersion,
  graphql,
  headers,
  infer,
  modelStep,
  outputsOf,
  recordFor,
  send,
  upload,
  uploaded,
  workspaceIn,
} from "./platform-client.js";

interface Server {
  readonly url: string;
  readonly close: () => Promise<void>;
}

async function serve(data: string): Promise<Server> {
  const server = await createServer({ data, models, wallaroo: true });
  onTestFinished(() => server.close());
  return { url: await server.listen({ port: 0 }), close: () => server.close() };
}

const zeros = recordFor.champ;

describe("the platform's interface", () => {
  test("a model is uploaded, deployed, called and logged, and all of it is there after a restart", async () => {
    const data = folder();
    const first = await serve(data);
    const workspace = await workspaceIn(first.url);
    const champ = await uploaded(first.url, workspace, "champ", "champ.onnx");
    const { answer, pipeline, status } = await deploy(first.url, "scores", workspace, [modelStep("champ", champ)]);
    expect(status, answer.msg).toBe(200);
    const rows = await infer(first.url, "scores", answer.id, [zeros]);
    expect(Object.keys(rows[0] ?? {}).slice(0, 2)).toEqual(["time", "in.embedding"]);
    expect(rows[0]?.["time"]).toBeTypeOf("number");
    expect(rows[0]).toMatchObject({ "anomaly.count": 0 });
    expect(rows[0]).not.toHaveProperty("check_failures");
    await first.close();

    const second = await serve(data);
    expect((await call(second.url, "status/get_deployment", { name: `scores-${answer.id}` })).body).toMatchObject({
      status: "Running",
    });
    const topic = (
      (await call(second.url, "plateau/get_topic_name", { pipeline_pk_id: pipeline })).body as { topic_name: string }
    ).topic_name;
    const page = await fetch(`${second.url}/v1/logs/topic/${topic}/records?page_size=100&order=desc&dataset[]=*`, {
      method: "POST",
      headers,
      body: "{}",
    });
    const table = tableFromIPC(new Uint8Array(await page.arrayBuffer()));
    expect(table.numRows).toBe(1);
    expect(JSON.parse(table.schema.metadata.get("status") ?? "")).toEqual({ status: "All", next: null });
    expect((await call(second.url, "pipelines/undeploy", { deployment_id: answer.id })).status).toBe(200);
    expect((await call(second.url, "status/get_deployment", { name: `scores-${answer.id}` })).status).toBe(404);
  });

  test("a pipeline of TypeScript is listed, called and undeployed through it", async () => {
    const { url } = await serve(await deployed());
    const { body } = await call(url, "pipelines/list_pipelines", {});
    const [entry] = (body as { pipelines: { pipeline: { id: number; name: string } }[] }).pipelines;
    expect(entry?.pipeline.name).toBe("fraud");
    const { data } = await graphql(
      url,
      "query GetDeploymentForPipeline($id: bigint!) { pipeline_by_pk(id: $id) { deployment { id deployed } } }",
      { id: entry?.pipeline.id },
    );
    const { deployment } = (data as { pipeline_by_pk: { deployment: { id: number; deployed: boolean } } })
      .pipeline_by_pk;
    expect(deployment.deployed).toBe(true);
    expect((await call(url, "pipelines/undeploy", { deployment_id: deployment.id })).status).toBe(200);
    const pipelines = (await (await fetch(`${url}/api/v1/pipelines`)).json()) as { pipelines: { state: string }[] };
    expect(pipelines.pipelines).toMatchObject([{ state: "stopped" }]);
  });
});

test("deploys of one pipeline at the same time end with one of them, as it was asked for", async () => {
  const { url } = await serve(folder());
  const workspace = await workspaceIn(url);
  const files = ["champ", "c1"] as const;
  const steps = await Promise.all(
    files.map(async (name) => [modelStep(name, await uploaded(url, workspace, name, `${name}.onnx`))]),
  );
  const versions = [];
  for (const each of [...steps, ...steps]) versions.push(await createVersion(url, "raced", workspace, each));
  const answers = await Promise.all(versions.map(({ version }) => deployVersion(url, "raced", version)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(new Set(answers.map(({ answer }) => answer.id)).size).toBe(1);
  const found = await deploymentOf(url, versions[0]?.pipeline ?? 0);
  const chosen = versions.findIndex(({ version }) => version === found?.version);
  expect(found?.deployed).toBe(true);
  // The models take different columns: the one of the version that is shown answers.
  const record = recordFor[files[chosen % 2] ?? "champ"];
  const [row] = await infer(url, "raced", found?.id ?? 0, [record]);
  expect(Object.keys(outputsOf(row))).toHaveLength(1);
});

test("a deployment has the name that the last deploy gave it", async () => {
  const { url } = await serve(folder());
  const workspace = await workspaceIn(url);
  const steps = [modelStep("champ", await uploaded(url, workspace, "champ", "champ.onnx"))];
  const { answer, version } = await deploy(url, "scores", workspace, steps);
  const { answer: again } = await deployVersion(url, "renamed", version);
  expect(again.id).toBe(answer.id);
  const statusOf = async (name: string) => (await call(url, "status/get_deployment", { name })).status;
  expect([await statusOf(`renamed-${again.id}`), await statusOf(`scores-${again.id}`)]).toEqual([200, 404]);
});

test("the newest configuration of a version is the one that is asked for by its key", async () => {
  const { url } = await serve(folder());
  const workspace = await workspaceIn(url);
  const { id } = await uploaded(url, workspace, "champ", "champ.onnx");
  const given = await call(url, "models/insert_model_config", { model_version_id: id, tensor_fields: ["renamed"] });
  const found = await call(url, "models/get_config_by_id", { model_id: id });
  expect(found.body).toMatchObject({ model_config: { tensor_fields: ["renamed"] } });
  expect(found).toEqual(given);
  expect((await call(url, "models/get_config_by_id", { model_id: 999 })).status).toBe(404);
});

describe("what it refuses", () => {
  let url = "";
  let data = "";
  let workspace = 0;

  beforeAll(async () => {
    data = folder();
    const server = await createServer({ data, models, wallaroo: true });
    url = await server.listen({ port: 0 });
    workspace = await workspaceIn(url);
    return () => server.close();
  });

  test("an upload that is cut off leaves nothing", async () => {
    const whole = upload("champ", workspace, readFileSync(join(models, "champ.onnx")));
    for (let tenth = 0; tenth < 10; tenth++) {
      const body = whole.body.subarray(0, Math.floor((whole.body.length * tenth) / 10));
      expect((await send(url, { ...whole, body: Buffer.from(body) })).status).toBeGreaterThanOrEqual(400);
    }
    expect(readdirSync(join(data, "shapeline.wallaroo-models"))).toEqual([]);
    expect(((await call(url, "models/list", {})).body as { models: unknown[] }).models).toEqual([]);
  });

  test("a file that is no model", async () => {
    const { status, body } = await send(url, upload("noise", workspace, randomBytes(1000)));
    expect(status).toBe(400);
    expect((body as { msg: string }).msg).toContain("the uploaded file is no ONNX model that runs here");
  });

  test("a definition with a model that nobody uploaded, and one that cannot be read", async () => {
    const unknown = { ModelInference: { models: [{ name: "m", version: "1", sha: "0".repeat(64) }] } };
    const first = await deploy(url, "unknown", workspace, [unknown]);
    expect(first.status).toBe(400);
    expect(first.answer.msg).toBe(
      "model 'm', version '1', is not on this server; upload it, and build the pipeline with that version",
    );
    const second = await deploy(url, "unreadable", workspace, [{ Nonsense: {} }]);
    expect(second.status).toBe(400);
    expect(second.answer.msg).toContain("steps[0].Nonsense");
  });

  test("the SDK gets the reason by its next query, at once", async () => {
    const unreadable = await deploy(url, "hidden", workspace, [{ Nonsense: {} }], headers);
    expect(unreadable.status).toBe(200);
    const query = "query DeploymentById($id: bigint!) { deployment_by_pk(id: $id) { id deploy_id } }";
    const { errors } = await graphql(url, query, { id: unreadable.answer.id });
    expect(errors?.[0]?.message).toContain("the pipeline cannot be deployed here: steps[0].Nonsense");
    const listed = await graphql(url, "{ deployment { id } }");
    expect(JSON.stringify(listed)).not.toContain(String(unreadable.answer.id));
    expect(await deploymentOf(url, unreadable.pipeline)).toBeNull();
  });

  test("calls that are not served", async () => {
    const { status, body } = await call(url, "assays/list", {});
    expect(status).toBe(501);
    expect((body as { msg: string }).msg).toBe(
      "'POST /v1/api/assays/list' is not served by Shapeline; docs/wallaroo-server.md lists what is",
    );
    const newer = await fetch(`${url}/v2/api/assays/score`, { method: "POST", headers, body: "{}" });
    expect([newer.status, await newer.json()]).toMatchObject([
      501,
      { msg: "'POST /v2/api/assays/score' is not served by Shapeline; docs/wallaroo-server.md lists what is" },
    ]);
  });

  test("a mutation of what does not exist, with what that is", async () => {
    const { errors } = await graphql(
      url,
      "mutation { insert_model_tag(objects: {model_id: 5, tag_id: 7}) { returning { id } } }",
    );
    expect(errors).toEqual([{ message: "model version 5 does not exist here", path: ["insert_model_tag"] }]);
  });

  test("GraphQL bombs", async () => {
    const deep = `{ pipeline { ${"workspace { pipelines { ".repeat(10)} id ${"} }".repeat(10)} } }`;
    const wide = `{ ${Array.from({ length: 1500 }, (_, i) => `a${i}: pipeline { id }`).join(" ")} }`;
    const doubled = Array.from(
      { length: 30 },
      (_, i) => `fragment f${i} on query_root { ...f${i + 1} ...f${i + 1} }`,
    ).join(" ");
    const introspection = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }";
    for (const query of [
      deep,
      wide,
      `{ ...f0 } ${doubled} fragment f30 on query_root { pipeline { id } }`,
      introspection,
    ]) {
      const { errors } = await graphql(url, query);
      expect(errors?.[0]?.message).toMatch(/may have at most/);
    }
  });

  test("the SDK's introspection query is answered, and its documents are valid", async () => {
    const { data: found } = await graphql(url, getIntrospectionQuery());
    const schema = buildClientSchema(found);
    for (const text of sdkDocuments) expect(validate(schema, parse(text))).toEqual([]);
  });
});

/** As releases 2023.4.1 to 2026.1.3 send them. */
const sdkDocuments = [
  `query UserDefaultWorkspace($user_id: String = "") { user_default_workspace(where: {user_id: {_eq: $user_id}}) { workspace { archived created_at created_by name id users { user_id } pipelines { id } models { models { id } } } } }`,
  `mutation CreateDefaultUserWorkspace($user_id: String!, $workspace_name: String!, $user_type: String, $user_email: String) { insert_workspace_one( object: { name: $workspace_name, owner_id: $user_id, created_by: $user_email, users: { data: { user_id: $user_id, user_type: $user_type } }, archived: false, user_default_workspaces: { data: { user_id: $user_id } } }, on_conflict: { constraint: workspace_name_key, update_columns: [] } ) { id } }`,
  `query PipelineById($pipeline_id: bigint!) { pipeline_by_pk(id: $pipeline_id) { id pipeline_id created_at updated_at visibility owner_id pipeline_versions(order_by: {id: desc}) { id pipeline_publishes { created_on_version chart_url engine_url engine_config id pipeline_url pipeline_version_id status updated_at created_by created_at user_images } } pipeline_tags { tag { id tag } } workspace { id name } } }`,
  `query DeploymentById($deployment_id: bigint!) { deployment_by_pk(id: $deployment_id) { id deploy_id deployed deployment_model_configs { model_config { id } } deployment_pipeline_versions(order_by: {pipeline_version: {id: desc}}) { pipeline_version { id } } pipeline { pipeline_id } engine_config } }`,
  `query PipelineModels($pipeline_id: bigint!) { pipeline_by_pk(id: $pipeline_id) { id deployment { deployment_model_configs_aggregate(distinct_on: deployment_id) { nodes { model_config { model { model { name } } } } } } } }`,
  `query ModelByName($model_id: String!, $model_version: String!) { model(where: {_and: [{model_id: {_eq: $model_id}}, {model_version: {_eq: $model_version}}]}) { id model_id model_version } }`,
  `query ModelById { model_by_pk(id: 4) { id created_on_version model_id model_version models_pk_id sha status error_summary file_name image_path updated_at visibility model_tags { tag { id tag } } arch: conversion(path: "arch") accel: conversion(path: "accel") model { workspace { id name } } } }`,
  `mutation DeleteWorkspaceUser($user_id: String!, $workspace_id: bigint!) { delete_workspace_users(where: {user_id: {_eq: $user_id}, _and: {workspace_id: {_eq: $workspace_id}}}) { affected_rows } }`,
  `mutation RemoveTagFromPipeline($pipeline_id: bigint!, $tag_id: bigint!) { delete_pipeline_tag( where: { _and: [ { pipeline_pk_id: {_eq: $pipeline_id} } { tag_pk_id: {_eq: $tag_id} } ] } ) { returning { pipeline_pk_id tag_pk_id } } }`,
  `query QueryLimitStatus($id: bigint!) { deployment(where: {id: {_eq: $id}}) { id deployed limit_status } }`,
];
