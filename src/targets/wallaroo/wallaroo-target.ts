import { ConfigError } from "../../../dsl/errors.js";
import { configOf } from "../../client/server/config-of.js";
import { canonicalJson } from "../../config/canonical.js";
import { parseConfig } from "../../config/config.js";
import type { Config } from "../../config/schema.js";
import { isRecord } from "../../util/objects.js";
import { requireKnownOptions } from "../../util/options/known-options.js";
import { documents } from "../../wallaroo/api/documents.js";
import { alertConfigurations } from "../../wallaroo/write/alerts.js";
import { stringifyDefinition } from "../../wallaroo/write/stringify.js";
import { toDefinition } from "../../wallaroo/write/to-definition.js";
import { planDeploy } from "./deploying/plan.js";
import { formOf, hasChecks, withVersions } from "./deploying/platform-form.js";
import { uploadMissing } from "./deploying/registry.js";
import { hasColumnsOf, requireColumnsOf, requireOwnColumns } from "./deploying/request-columns.js";
import { runVersion } from "./deploying/run-version.js";
import { findOrCreateVersion, findPipeline, requirePipeline } from "./deploying/versions.js";
import { knownModel } from "./objects/signatures.js";
import { openClient } from "./objects/objects.js";
import type { ObjectClient } from "./objects/lazy-object.js";
import type { Deployment, Pipeline, PipelineVersion } from "./objects/types.js";
import type { WallarooSettings } from "./options.js";
import { PipelineList } from "./pipeline-list.js";
import type { OpenedPlatform } from "./public-types.js";
import { WallarooDeploymentImpl } from "./wallaroo-deployment.js";

/** Opens a platform. Nothing is sent before the first call. */
export function openPlatform(settings: WallarooSettings): OpenedPlatform {
  const client = openClient(settings);
  return {
    async deploy(pipeline, options = {}) {
      requireKnownOptions("deploy()", options, ["config", "timeoutMs", "signal", "onProgress"]);
      const { config: given, ...wait } = options;
      const config = parseConfig(await configOf(pipeline, given === undefined ? {} : { config: given }));
      if (hasChecks(config)) await client.requireDialect(config.name);
      const dialect = await client.dialect();
      const form = formOf(dialect);
      // What the dialect cannot say is refused before anything is sent.
      toDefinition(config, form);
      const uploaded = await uploadMissing(client, config.models, settings.models);
      await requireOwnColumns(client, config.models, uploaded);
      const definition = toDefinition(withVersions(config, uploaded), form);
      const found = await findPipeline(client, config.name);
      const alerts = alertConfigurations(config).map((alert) => ({ ...alert, email: [] }));
      const version = await findOrCreateVersion(client, found, definition, alerts);
      const target = client.objects.pipeline({ id: version.pipeline, pipeline_id: config.name });
      const mayStay = (running: Deployment) => hasColumnsOf(config.models, running);
      await runVersion(client, target, version.id, uploaded, { ...wait, mayStay });
      for (const model of config.models) client.signatures.add(model);
      return new WallarooDeploymentImpl(client, target.refresh(), config.name, config.models);
    },
    async plan(pipeline) {
      return planDeploy(client, parseConfig(await configOf(pipeline, {})));
    },
    async connect(pipeline) {
      const { build } = await import("../../build.js");
      const config = await build(pipeline);
      const found = await requirePipeline(client, pipeline.name);
      await refuseOtherDefinition(client, found, config);
      for (const model of config.models) client.signatures.add(model);
      return new WallarooDeploymentImpl(client, found, pipeline.name, config.models);
    },
    async pipeline(name, options = {}) {
      requireKnownOptions("pipeline()", options, ["models"]);
      const { models = [] } = options;
      const known = models.map(knownModel).filter((model) => model !== null);
      for (const model of known) client.signatures.add(model);
      return new WallarooDeploymentImpl(client, await requirePipeline(client, name), name, known);
    },
    async uploadModel(model, options = {}) {
      requireKnownOptions("uploadModel()", options, ["name"]);
      const { name = model.name } = options;
      client.signatures.add(model);
      const [uploaded] = await uploadMissing(client, [{ name, sha256: model.sha256 }], settings.models);
      const { id = 0, version = "" } = uploaded ?? {};
      return client.objects.modelVersion({ id, model_id: name, model_version: version, sha: model.sha256 });
    },
    async pipelines() {
      const { pipeline } = await client.query(documents.listPipelines);
      return PipelineList.read(
        pipeline.map(({ id }) => client.objects.pipeline({ id })),
        await client.isRecent(),
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

/** @throws ConfigError SL4009 naming the first step that differs; TargetError SL6056 for models with other columns */
async function refuseOtherDefinition(client: ObjectClient, pipeline: Pipeline, config: Config): Promise<void> {
  const deployment = await pipeline.deployment();
  if (deployment !== null) await requireColumnsOf(client, config.models, deployment);
  const [deployed] = deployment === null ? [] : await deployment.pipelineVersions();
  const version: PipelineVersion | undefined = deployed ?? (await pipeline.versions())[0];
  const stored = version === undefined ? { steps: [] } : await version.definition();
  const steps = isRecord(stored) && Array.isArray(stored["steps"]) ? (stored["steps"] as readonly unknown[]) : [];
  const own = toDefinition(config, formOf(await client.dialect()));
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
