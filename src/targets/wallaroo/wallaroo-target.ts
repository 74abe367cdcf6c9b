import { setTimeout as sleep } from "node:timers/promises";
import { ConfigError, TargetError } from "../../../dsl/errors.js";
import type { AnyPipeline, DeployOptions } from "../../../dsl/pipeline/any-pipeline.js";
import { refuseOther } from "../../client/server/refuse-other.js";
import { parseConfig } from "../../config/config.js";
import type { Config } from "../../config/schema.js";
import { findModelFiles } from "../../engine/session/model-files.js";
import { canonicalJson } from "../../config/canonical.js";
import { isRecord } from "../../util/objects.js";
import { documents } from "../../wallaroo/api/documents.js";
import type { Definition } from "../../wallaroo/definition.js";
import { stringifyDefinition } from "../../wallaroo/write/stringify.js";
import { toDefinition } from "../../wallaroo/write/to-definition.js";
import { openClient } from "./objects/objects.js";
import type { ObjectClient } from "./objects/lazy-object.js";
import type { Pipeline, PipelineVersion } from "./objects/types.js";
import type { WallarooSettings } from "./options.js";
import { PipelineList } from "./pipeline-list.js";
import type { OpenedPlatform } from "./public-types.js";
import { uploadModel } from "./upload-model.js";
import { WallarooDeploymentImpl } from "./wallaroo-deployment.js";

/** Milliseconds until a deployment must run: the platform may have to start machines. */
const deployMs = 600_000;
const statusEveryMs = 1000;

/** A model version of the platform that has a model's file. */
interface Uploaded {
  readonly name: string;
  readonly version: string;
  readonly id: number;
}

/** Opens a platform. Nothing is sent before the first call. */
export function openPlatform(settings: WallarooSettings): OpenedPlatform {
  const client = openClient(settings);
  return {
    async deploy(pipeline, options = {}) {
      const config = await configOf(pipeline, options);
      const dialect = await client.dialect();
      // What the dialect cannot say is refused before anything is sent.
      toDefinition(config, { dialect });
      const workspace = await client.workspace();
      const uploaded = await uploadMissing(client, workspace.id, config, settings.models);
      const definition = toDefinition(withVersions(config, uploaded), { dialect });
      const found = await findPipeline(client, config.name);
      const version = await findOrCreateVersion(client, workspace.id, found, definition);
      const target = client.objects.pipeline({ id: version.pipeline, pipeline_id: config.name });
      await run(client, workspace.id, target, version.id, uploaded);
      return new WallarooDeploymentImpl(client, target.refresh(), config.name, config.models);
    },
    async connect(pipeline) {
      const { build } = await import("../../build.js");
      const config = await build(pipeline);
      const found = await requirePipeline(client, pipeline.name);
      await refuseOtherDefinition(client, found, config);
      return new WallarooDeploymentImpl(client, found, pipeline.name, config.models);
    },
    async pipeline(name, { models = [] } = {}) {
      return new WallarooDeploymentImpl(client, await requirePipeline(client, name), name, models);
    },
    async pipelines() {
      const { pipeline } = await client.query(documents.listPipelines);
      return PipelineList.read(
        pipeline.map(({ id }) => client.objects.pipeline({ id })),
        (await client.dialect()) === "polars",
      );
    },
    async models() {
      const { id } = await client.workspace();
      return client.objects.workspace({ id }).models();
    },
    async workspaces() {
      const { workspaces } = await client.rest("listWorkspaces", {});
      return workspaces.map((data) => client.objects.workspace({ id: data.id, name: data.name }));
    },
    objects: client.objects,
  };
}

async function configOf(pipeline: AnyPipeline | Config, { config }: DeployOptions): Promise<Config> {
  if (config !== undefined) {
    await refuseOther(pipeline as AnyPipeline, config, "the config", "compile the pipeline again");
    return parseConfig(config);
  }
  if ("shapeline" in pipeline) return parseConfig(pipeline);
  const { build } = await import("../../build.js");
  return build(pipeline);
}

/** The platform names versions itself. */
function withVersions(config: Config, uploaded: readonly Uploaded[]): Config {
  const versions = new Map(uploaded.map(({ name, version }) => [name, version]));
  const models = config.models.map((model) => ({ ...model, version: versions.get(model.name) ?? model.version }));
  return { ...config, models };
}

/** Uploads the models of whose digest the platform has no version. */
async function uploadMissing(
  client: ObjectClient,
  workspace: number,
  { models }: Config,
  folder: string,
): Promise<Uploaded[]> {
  const found = await Promise.all(models.map(({ name, sha256 }) => findVersion(client, name, sha256)));
  const missing = models.filter((_, i) => found[i] === null);
  if (missing.length > 0) {
    const files = await findModelFiles(folder, missing);
    for (const model of missing) {
      const file = files.get(model.name);
      if (file !== undefined) await uploadModel(client, workspace, model, file);
    }
  }
  return Promise.all(
    models.map(async ({ name, sha256 }, i) => {
      const version = found[i] ?? (await findVersion(client, name, sha256));
      if (version !== null) return version;
      throw new TargetError(
        "SL6055",
        `${client.url}: the platform does not have model '${name}' with the digest ${sha256} after its upload; it may change files: look at the model there`,
        { model: name },
      );
    }),
  );
}

async function findVersion(client: ObjectClient, name: string, sha256: string): Promise<Uploaded | null> {
  const { model } = await client.query(documents.modelVersions, { model_id: name });
  const newest = model.filter(({ sha }) => sha === sha256).sort((a, b) => b.id - a.id)[0];
  return newest === undefined ? null : { name, version: newest.model_version, id: newest.id };
}

/** The pipeline of a name in the client's workspace; null if there is none. */
async function findPipeline(client: ObjectClient, name: string): Promise<Pipeline | null> {
  const { pipeline } = await client.query(documents.pipelineByName, { pipeline_name: name });
  const found = pipeline.map(({ id }) => client.objects.pipeline({ id, pipeline_id: name }));
  // Older platforms do not say the workspace of a pipeline.
  if ((await client.dialect()) === "checks") return found[0] ?? null;
  const [{ id: wanted }, workspaces] = await Promise.all([
    client.workspace(),
    Promise.all(found.map((each) => each.workspace())),
  ]);
  return found[workspaces.findIndex(({ id }) => id === wanted)] ?? null;
}

async function requirePipeline(client: ObjectClient, name: string): Promise<Pipeline> {
  const found = await findPipeline(client, name);
  if (found !== null) return found;
  const { name: workspace } = await client.workspace();
  throw new TargetError(
    "SL6007",
    `${client.url} has no pipeline '${name}' in the workspace '${workspace}'; target.pipelines() lists them`,
    { pipeline: name },
  );
}

/** The same definition makes no new version. */
async function findOrCreateVersion(
  client: ObjectClient,
  workspace: number,
  found: Pipeline | null,
  definition: Definition,
): Promise<{ readonly id: number; readonly pipeline: number }> {
  const [newest] = found === null ? [] : await found.versions();
  if (found !== null && newest !== undefined && isSame(await newest.definition(), definition))
    return { id: newest.id, pipeline: found.id };
  // The text of a definition matters: numbers are written as the platform's library writes them.
  const body = `{"pipeline_id":${JSON.stringify(definition.id)},"workspace_id":${workspace},"definition":${stringifyDefinition(definition)}}`;
  const made = await client.restText("createPipeline", body);
  return { id: made.pipeline_variant_pk_id, pipeline: made.pipeline_pk_id };
}

function isSame(stored: unknown, definition: Definition): boolean {
  if (!isRecord(stored)) return false;
  const { steps } = JSON.parse(stringifyDefinition(definition)) as Definition;
  return canonicalJson(stored["steps"]) === canonicalJson(steps);
}

/** Deploys a version, unless it runs, and waits until it does. */
async function run(
  client: ObjectClient,
  workspace: number,
  pipeline: Pipeline,
  version: number,
  uploaded: readonly Uploaded[],
): Promise<void> {
  const current = await pipeline.deployment();
  if (current !== null && (await current.deployed())) {
    const [running] = await current.pipelineVersions();
    if (running?.id === version && (await current.status())?.status === "Running") return;
  }
  const isOlder = (await client.dialect()) === "checks";
  const configs = isOlder
    ? await Promise.all(uploaded.map(({ id }) => client.objects.modelVersion({ id }).config()))
    : [];
  const name = await pipeline.name();
  const { id } = await client.rest("deployPipeline", {
    deploy_id: name,
    pipeline_version_pk_id: version,
    engine_config: {
      engine: { arch: "x86", ...(!isOlder && { accel: "none" }) },
      enginelb: {},
      engineAux: { images: {} },
    },
    workspace_id: workspace,
    ...(isOlder && { pipeline_id: pipeline.id, model_configs: configs.map((config) => config.id) }),
  });
  const deployment = client.objects.deployment({ id, deploy_id: name });
  for (const end = performance.now() + deployMs; ; await sleep(statusEveryMs)) {
    const state = await deployment.status();
    if (state?.status === "Running") return;
    if (state?.status === "Error" || performance.now() > end)
      throw new TargetError(
        state?.status === "Error" ? "SL6054" : "SL6004",
        `${client.url}: deployment ${id} of '${name}' is ${state === null ? "not there" : `'${state.status}'`}${state?.status === "Error" ? "" : ` after ${deployMs / 1000} s`}: ${JSON.stringify(state ?? {})}; look at the pipeline's logs on the platform`,
        { pipeline: name, deployment: id },
      );
  }
}

/** @throws ConfigError SL4009 naming the first step that differs */
async function refuseOtherDefinition(client: ObjectClient, pipeline: Pipeline, config: Config): Promise<void> {
  const deployment = await pipeline.deployment();
  const [deployed] = deployment === null ? [] : await deployment.pipelineVersions();
  const version: PipelineVersion | undefined = deployed ?? (await pipeline.versions())[0];
  const stored = version === undefined ? { steps: [] } : await version.definition();
  const steps = isRecord(stored) && Array.isArray(stored["steps"]) ? (stored["steps"] as readonly unknown[]) : [];
  const own = toDefinition(config, { dialect: await client.dialect() });
  // The platform names the versions of models itself: their digests say which they are.
  const ownSteps = (JSON.parse(stringifyDefinition(own)) as { readonly steps: readonly unknown[] }).steps;
  const text = (step: unknown): string => (step === undefined ? "nothing" : canonicalJson(withoutVersions(step)));
  for (let i = 0; i < Math.max(steps.length, ownSteps.length); i++) {
    const [there, here] = [text(steps[i]), text(ownSteps[i])];
    if (there === here) continue;
    throw new ConfigError(
      "SL4009",
      `the version of '${config.name}' at ${client.url} was not built from the pipeline's steps: step ${i} of its definition is ${shortened(there)}, and the pipeline's is ${shortened(here)}; deploy the pipeline, or connect with the source of that version`,
      { pipeline: config.name, step: i },
    );
  }
}

const shortened = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text);

function withoutVersions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutVersions);
  if (!isRecord(value)) return value;
  const isModel = "sha" in value && "name" in value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !(isModel && key === "version"))
      .map(([key, inner]) => [key, withoutVersions(inner)]),
  );
}
