import { TargetError } from "../../../../dsl/errors.js";
import type { ObjectClient } from "../objects/lazy-object.js";
import type { Deployment, Pipeline } from "../objects/types.js";
import type { RegisteredModel } from "./registry.js";
import { type WaitOptions, waitUntil } from "./wait-until.js";

/** Milliseconds until a deployment must run: the platform may have to start machines. */
const deployMs = 600_000;
/** Milliseconds until a deployment must have stopped. */
const undeployMs = 300_000;

interface RunOptions extends WaitOptions {
  readonly name?: string;
  /** Whether a deployment of the version may stay as it is; any, unless given. */
  readonly mayStay?: (deployment: Deployment) => Promise<boolean>;
}

/** Deploys a version, unless it runs, and waits until it does. */
export async function runVersion(
  client: ObjectClient,
  pipeline: Pipeline,
  version: number,
  models: readonly RegisteredModel[],
  { name: wanted, mayStay = () => Promise.resolve(true), ...wait }: RunOptions = {},
): Promise<void> {
  const current = await pipeline.deployment();
  if (current !== null && (await current.deployed())) {
    const [running] = await current.pipelineVersions();
    const isNamed = wanted === undefined || (await current.name()) === wanted;
    const isRunning = isNamed && running?.id === version && (await current.status())?.status === "Running";
    if (isRunning && (await mayStay(current))) return;
  }
  const isOlder = !(await client.isRecent());
  const configs = isOlder
    ? await Promise.all(models.map(({ id }) => client.objects.modelVersion({ id }).config()))
    : [];
  const { id: workspace } = await client.workspace();
  const name = wanted ?? (await pipeline.name());
  const { id } = await client.rest("deployPipeline", {
    deploy_id: name,
    pipeline_version_pk_id: version,
    engine_config: {
      engine: isOlder ? {} : { arch: "x86", accel: "none" },
      enginelb: {},
      engineAux: { images: {} },
      ...(isOlder && { node_selector: {} }),
      workspace_id: workspace,
    },
    ...(isOlder && { pipeline_id: pipeline.id, model_configs: configs.map((config) => config.id) }),
  });
  const deployment = client.objects.deployment({ id, deploy_id: name });
  await waitUntil(
    client.url,
    async (call) => {
      const state = await deployment.status(call);
      if (state?.status === "Error")
        throw new TargetError(
          "SL6054",
          `${client.url}: deployment ${id} of '${name}' is 'Error': ${JSON.stringify(state)}; look at the pipeline's logs on the platform`,
          { pipeline: name, deployment: id },
        );
      return { done: state?.status === "Running", status: state?.status ?? "not there" };
    },
    (status, seconds) =>
      `deployment ${id} of '${name}' is '${status}' after ${seconds} s; the platform goes on: ask status() later, or give a longer timeoutMs`,
    { timeoutMs: deployMs, ...wait },
  );
}

/** Stops a deployment and waits until the platform no longer has it. */
export async function stopDeployment(client: ObjectClient, deployment: Deployment, pipeline: string): Promise<void> {
  await client.rest("undeployPipeline", { deployment_id: deployment.id });
  await waitUntil(
    client.url,
    async (call) => {
      const state = await deployment.status(call);
      return { done: state === null, status: state?.status ?? "gone" };
    },
    (status, seconds) =>
      `pipeline '${pipeline}' is '${status}' after ${seconds} s; the platform goes on stopping it: ask status() later`,
    { timeoutMs: undeployMs },
  );
}
