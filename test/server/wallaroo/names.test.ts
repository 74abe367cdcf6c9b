import { tableFromIPC } from "apache-arrow";
import { createServer } from "shapeline/server";
import { expect, onTestFinished, test } from "vitest";
import { folder } from "../../engine/make-config.js";
import { deploy, headers, recordFor, uploaded, workspaceIn } from "./platform-client.js";

/** Flags rows whose first number is above 0.9. No config can have its name. */
const check =
  '{"Alias":[{"BinaryExpr":{"left":{"Function":{"input":[{"Column":"in.embedding"},{"Literal":{"Int32":0}}],"function":{"ListExpr":"Get"},"options":{"collect_groups":"ApplyFlat","fmt_str":"","input_wildcard_expansion":false,"auto_explode":true,"cast_to_supertypes":false,"allow_rename":false,"pass_name_to_apply":false,"changes_length":false,"check_lengths":true,"allow_group_aware":true}}},"op":"Gt","right":{"Literal":{"Float64":0.9}}}},"too high"]}';

test("rows name models and checks as the definition does, not as the config", async () => {
  const server = await createServer({ data: folder(), models: "none", wallaroo: true, logLevel: "silent" });
  onTestFinished(() => server.close());
  const url = await server.listen({ port: 0 });
  const workspace = await workspaceIn(url);
  const model = async () => {
    const { model_version: version, sha } = await uploaded(url, workspace, "champ", "champ.onnx");
    return { name: "champ", version, sha };
  };
  const split = { MetaValueSplit: { split_key: "segment", control: await model(), routes: { gold: await model() } } };
  const { answer } = await deploy(url, "scores", workspace, [split, { Check: { tree: [check] } }]);
  const call = (path: string, query: string, type: string, body: unknown) =>
    fetch(`${url}/v1/${path}?${query}`, {
      method: "POST",
      headers: { ...headers, "content-type": type },
      body: JSON.stringify(body),
    });
  const ones = { embedding: recordFor.champ.embedding.map(() => 1), segment: "gold" };
  const records = [{ ...recordFor.champ, segment: "plain" }, ones];
  const type = "application/json; format=pandas-records";
  const path = `api/pipelines/infer/scores-${answer.id}/scores`;
  const all = "dataset[]=*&dataset[]=metadata&dataset.separator=.";

  const rows = (await (await call(path, all, type, records)).json()) as Record<string, unknown>[];
  const modelsOf = (texts: readonly unknown[]) =>
    texts.map((text) => (JSON.parse(String(text)) as { model_name: string }).model_name);
  expect(rows.map((row) => row["anomaly.too high"])).toEqual([false, true]);
  expect(Object.keys(rows[0] ?? {}).filter((name) => name.includes("too_high"))).toEqual([]);
  expect(modelsOf(rows.map((row) => row["metadata.last_model"]))).toEqual(["champ", "champ"]);

  const asked = await call(path, "dataset[]=time&dataset[]=anomaly.too high&dataset.separator=.", type, records);
  expect(((await asked.json()) as object[]).map((row) => Object.keys(row))).toEqual([
    ["time", "anomaly.too high"],
    ["time", "anomaly.too high"],
  ]);

  const topic = `logs/topic/workspace-${workspace}-pipeline-scores-inference/records`;
  const logs = await call(topic, all, "application/json", {});
  const table = tableFromIPC(new Uint8Array(await logs.arrayBuffer()));
  expect(table.getChild("anomaly.too high")?.toArray()).toHaveLength(4);
  expect(modelsOf([...(table.getChild("metadata.last_model") ?? [])])).toEqual(["champ", "champ", "champ", "champ"]);
});
