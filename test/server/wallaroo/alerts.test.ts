import { createServer } from "shapeline/server";
import { server as connect } from "shapeline/client";
import { expect, onTestFinished, test } from "vitest";
import { folder } from "../../engine/make-config.js";
import {
  call,
  createVersion,
  deployVersion,
  graphql,
  infer,
  modelStep,
  plain,
  recordFor,
  uploaded,
  workspaceIn,
} from "./platform-client.js";

/** As the SDK 2023.4.1 sends it. */
const createAlert =
  "mutation CreateAlertConfiguration($pipeline_version_id: bigint, $name: String, $expression: String, $notifications: jsonb) { insert_alert_configuration(objects: { name: $name, expression: $expression, notifications: $notifications, pipeline_version_pk_id: $pipeline_version_id }) { returning { id } } }";

/** Counts the rows of the last 5 minutes whose score is above -1: all of them. */
const gauge = {
  Check: {
    tree: [
      '{"values": {"many:left": {"root": {"node": "fn", "fn": "count", "arguments": [{"node": "binop", "op": ">", "left": {"node": "variable", "variant_id": {"name": "champ"}, "position": "output", "key": [0, 0]}, "right": {"node": "literal", "float": -1.0}}, {"node": "literal", "timedelta": "300s"}]}, "required_data": [{"name": "champ"}]}}, "gauges": ["many:left"], "validations": []}',
    ],
  },
};

const condition = (pipeline: number, limit: number) => ({
  pipeline_version_id: pipeline,
  name: "many",
  expression: `sum by (pipeline_id) (pipeline_gauge:many:left) > ${limit}`,
  notifications: { email: [{ to: "a@b.c" }] },
});

test("an alert of the older dialect fires, with the condition of its version", async () => {
  const data = folder();
  const first = await createServer({ data, models: "none", wallaroo: true, logLevel: "silent" });
  onTestFinished(() => first.close());
  const url = await first.listen({ port: 0 });
  const workspace = await workspaceIn(url);
  const steps = [modelStep("champ", await uploaded(url, workspace, "champ", "champ.onnx")), gauge];
  const made = await createVersion(url, "scores", workspace, steps);
  const { data: sent } = await graphql(url, createAlert, condition(made.pipeline, 2));
  expect(sent).toEqual({ insert_alert_configuration: { returning: [{ id: 1 }] } });
  const later = await createVersion(url, "scores", workspace, steps);
  await graphql(url, createAlert, condition(made.pipeline, 1000));

  const quiet = await deployVersion(url, "scores", later.version);
  const { answer } = await deployVersion(url, "scores", made.version);
  expect(answer.id).toBe(quiet.answer.id);
  const live = await connect({ url }).pipeline("scores");
  onTestFinished(() => live.close());
  const changes = live.alerts()[Symbol.asyncIterator]();
  const next = changes.next();
  await infer(url, "scores", answer.id, [recordFor.champ, recordFor.champ, recordFor.champ]);
  expect((await next).value).toMatchObject({ alert: "many", state: "firing" });
  await changes.return?.();
});

test("a condition of a pipeline that does not exist is refused, and a gauge without one runs", async () => {
  const server = await createServer({ data: folder(), models: "none", wallaroo: true, logLevel: "silent" });
  onTestFinished(() => server.close());
  const url = await server.listen({ port: 0 });
  const { errors } = await graphql(url, createAlert, condition(77, 2));
  expect(errors?.[0]?.message).toBe("pipeline 77 does not exist here");
  const workspace = await workspaceIn(url);
  const steps = [modelStep("champ", await uploaded(url, workspace, "champ", "champ.onnx")), gauge];
  const { pipeline, version } = await createVersion(url, "scores", workspace, steps);
  expect((await deployVersion(url, "scores", version)).status).toBe(200);

  await graphql(url, createAlert, { ...condition(pipeline, 2), expression: "up == 0" });
  const refused = await call(url, "pipelines/deploy", { deploy_id: "scores", pipeline_version_pk_id: version }, plain);
  expect(refused.status).toBe(400);
  expect((refused.body as { msg: string }).msg).toContain("the condition of alert 'many' is 'up == 0'");
});
