// @module-tag slow
import { createServer } from "shapeline/server";
import { expect, onTestFinished, test } from "vitest";
import { folder } from "../../engine/make-config.js";
import { slow } from "../../slow.js";
import { mutateBytes, mutateJson, Random } from "../../support/mutants/random.mjs";
import {
  call,
  createVersion,
  deploy,
  deployVersion,
  headers,
  infer,
  modelStep,
  outputsOf,
  recordFor,
  uploaded,
  workspaceIn,
} from "./platform-client.js";

/** `npm run fuzz:plane` sets it. */
const count = Number(process.env["SHAPELINE_PLANE_REQUESTS"] ?? (slow ? 1500 : 150));
const first = Number(process.env["SHAPELINE_PLANE_FIRST"] ?? 1);
const atOnce = 8;

test(
  `${count} mutated requests of the platform's SDK are answered, and do no harm`,
  { timeout: 14_400_000 },
  async () => {
    const server = await createServer({ data: folder(), models: "none", wallaroo: true, logLevel: "silent" });
    onTestFinished(() => server.close());
    const url = await server.listen({ port: 0 });
    const workspace = await workspaceIn(url);
    const steps = [modelStep("champ", await uploaded(url, workspace, "champ", "champ.onnx"))];
    const { answer, pipeline, version } = await deploy(url, "kept", workspace, steps);
    const spare = await createVersion(url, "spare", workspace, steps);
    const expected = outputsOf((await infer(url, "kept", answer.id, [recordFor.champ]))[0]);
    const definition = { id: "spare", steps: [...steps, { AuditResults: { from: 0, to: null } }] };
    const where = { where: { id: { _eq: pipeline }, _and: [{ workspace: { name: { _neq: "x" } } }] } };
    const document =
      'query Q($where: pipeline_bool_exp, $id: bigint!) { pipeline(where: $where, order_by: {id: desc}, limit: 9) { id pipeline_versions { id definition(path: "steps") } } deployment_by_pk(id: $id) { id engine_config } }';
    const tag = "mutation T($objects: [tag_insert_input!]!) { insert_tag(objects: $objects) { returning { id tag } } }";
    const alert =
      "mutation A($objects: [alert_configuration_insert_input!]!) { insert_alert_configuration(objects: $objects) { returning { id } } }";
    const modelTag =
      "mutation M($objects: [model_tag_insert_input!]!) { insert_model_tag(objects: $objects) { affected_rows } }";
    const inference = `/v1/api/pipelines/infer/kept-${answer.id}/kept?dataset[]=*&dataset.separator=.`;
    const records = "application/json; format=pandas-records";
    const logs = `/v1/logs/topic/workspace-${workspace}-pipeline-kept-inference/records?page_size=3&order=desc&dataset[]=*`;
    const good: readonly (readonly [path: string, body: unknown, type?: string])[] = [
      ["/v1/graphql", { query: document, variables: { ...where, id: answer.id }, operationName: "Q" }],
      ["/v1/graphql", { query: tag, variables: { objects: [{ tag: "t" }] } }],
      [
        "/v1/graphql",
        { query: alert, variables: { objects: [{ name: "a", expression: "x", pipeline_version_pk_id: 2 }] } },
      ],
      ["/v1/graphql", { query: modelTag, variables: { objects: [{ model_id: 1, tag_id: 1 }] } }],
      [inference, [recordFor.champ], records],
      [inference, { embedding: [recordFor.champ.embedding] }],
      [logs, { after: "7" }],
      ["/v1/api/workspaces/create", { workspace_name: "another" }],
      ["/v1/api/workspaces/list", {}],
      ["/v1/api/workspaces/add_user", { workspace_id: workspace, user_id: "u", user_type: "OWNER" }],
      ["/v1/api/models/list_versions_for_model", { model_id: 1, workspace_id: workspace }],
      [
        "/v1/api/models/insert_model_config",
        { model_version_id: 1, tensor_fields: ["tensor"], batch_config: "single" },
      ],
      ["/v1/api/pipelines/create", { pipeline_id: "spare", workspace_id: workspace, definition }],
      ["/v1/api/pipelines/deploy", { deploy_id: "spare", pipeline_version_pk_id: spare.version, model_configs: [1] }],
      ["/v1/api/pipelines/undeploy", { deployment_id: 999 }],
      ["/v1/api/pipelines/get_pipeline_by_name", { pipeline_name: "kept", workspace_id: workspace }],
      ["/v1/api/status/get_deployment", { name: `kept-${answer.id}` }],
      ["/v1/api/users/query", { user_ids: ["a"] }],
    ];
    const statuses = new Map<number, number>();

    const one = async (seed: number): Promise<void> => {
      const random = new Random(seed);
      const [path, body, type = "application/json"] = random.pick(good);
      const json = JSON.stringify(random.unit() < 0.8 ? mutateJson(random, body) : body) ?? "";
      const bytes = random.unit() < 0.3 ? mutateBytes(random, Buffer.from(json)) : Buffer.from(json);
      const reply = await fetch(url + path, {
        method: "POST",
        headers: { ...headers, "content-type": type },
        body: new Uint8Array(bytes),
        signal: AbortSignal.timeout(60_000),
      });
      await reply.arrayBuffer();
      statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1);
      if (reply.status >= 500 && reply.status !== 501)
        throw new Error(`request ${seed} to ${path} got ${reply.status}: ${bytes.toString().slice(0, 2000)}`);
    };
    let next = first;
    const worker = async (): Promise<void> => {
      while (next < first + count) await one(next++);
    };
    await Promise.all(Array.from({ length: atOnce }, worker));

    expect(statuses.get(200)).toBeGreaterThan(0);
    expect(statuses.get(400)).toBeGreaterThan(0);
    if (count > 1000) console.log([...statuses]);
    // Requests that are still in order may rename its columns, or undeploy it.
    await call(url, "models/insert_model_config", { model_version_id: 1, tensor_fields: null });
    const again = await deployVersion(url, "kept", version);
    const [row] = await infer(url, "kept", again.answer.id, [recordFor.champ]);
    expect(outputsOf(row)).toEqual(expected);
  },
);
