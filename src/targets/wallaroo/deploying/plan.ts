import { sealConfig } from "../../../config/config.js";
import type { Config, StepConfigOf } from "../../../config/schema.js";
import { additionsOf, diffConfigs } from "../../../diff.js";
import type { Dialect } from "../../../wallaroo/platform.js";
import { fromDefinition, type ParsedDefinition } from "../../../wallaroo/read/from-definition.js";
import { backEndOf } from "../../../wallaroo/steps.js";
import { toDefinition } from "../../../wallaroo/write/to-definition.js";
import type { ObjectClient } from "../objects/lazy-object.js";
import type { Pipeline, PipelineVersion } from "../objects/types.js";
import type { PlatformPlan } from "./public-types.js";
import { formOf, hasChecks, withVersions } from "./platform-form.js";
import { findByDigest } from "./registry.js";
import { requireOwnColumns } from "./request-columns.js";
import { findPipeline, isSameDefinition } from "./versions.js";

/**
 * Compares a config with what the platform has. Nothing is changed there.
 *
 * @throws ConfigError SL4100 for what the platform's dialect cannot express; TargetError SL6056 as a deploy
 */
export async function planDeploy(client: ObjectClient, config: Config): Promise<PlatformPlan> {
  if (hasChecks(config)) await client.requireDialect(config.name);
  const dialect = await client.dialect();
  const form = formOf(dialect);
  toDefinition(config, form);
  const [registered, found] = await Promise.all([
    Promise.all(config.models.map((model) => findByDigest(client, model))),
    findPipeline(client, config.name),
  ]);
  await requireOwnColumns(client, config.models, registered);
  const { hash: _, ...content } = withVersions(
    config,
    registered.filter((model) => model !== null),
  );
  const planned = sealConfig(content);
  const { version, running } = found === null ? { version: null, running: false } : await versionOf(found);
  const stored: unknown = version === null ? null : await version.definition();
  const isSame = stored !== null && isSameDefinition(stored, toDefinition(planned, form));
  const read = stored === null ? null : readStored(stored, config);
  const diff = isSame
    ? { same: true, name: null, models: [], steps: [] }
    : read === null || read.config === null
      ? additionsOf(planned)
      : { ...(await diffConfigs(read.config, planned)), same: false };
  return {
    pipeline: config.name,
    target: "wallaroo",
    dialect,
    version: version === null ? null : await version.name(),
    running,
    hash: config.hash,
    registry: config.models.map(({ name, sha256 }, i) => ({ name, sha256, version: registered[i]?.version ?? null })),
    ...diff,
    texts: isSame ? [] : changedTexts(read?.config ?? null, config, dialect),
    unread: isSame ? [] : (read?.problems ?? []),
  };
}

/** The version that runs, or else the newest. `build_pipeline` of the SDK makes one without steps, which is none. */
async function versionOf(pipeline: Pipeline): Promise<{ version: PipelineVersion | null; running: boolean }> {
  const deployment = await pipeline.deployment();
  const running = deployment !== null && (await deployment.deployed());
  const [deployed] = running ? await deployment.pipelineVersions() : [];
  const version = deployed ?? (await pipeline.versions())[0] ?? null;
  const definition = await version?.definition();
  const isEmpty = typeof definition !== "object" || definition === null || !("steps" in definition);
  return { version: isEmpty ? null : version, running };
}

/**
 * The stored version, with the ports of the config's models that it names by digest. Beside models whose ports are not
 * known they may not fit: then no ports are given, which is enough to compare.
 */
function readStored(stored: unknown, { models }: Config): ParsedDefinition {
  const text = JSON.stringify(stored);
  const read = fromDefinition(stored, { models: models.filter(({ sha256 }) => text.includes(sha256)) });
  if (read.config !== null && read.problems.length === 0) return read;
  const inferred = fromDefinition(stored);
  return inferred.config !== null && inferred.problems.length === 0 ? inferred : read;
}

function changedTexts(before: Config | null, after: Config, dialect: Dialect): PlatformPlan["texts"] {
  const textOf = (step: StepConfigOf<"validation">): string => step.expression.strings[backEndOf[dialect]] ?? "";
  const validations = (config: Config | null) =>
    new Map(config?.steps.flatMap((step) => (step.kind === "validation" ? [[step.name, textOf(step)] as const] : [])));
  const old = validations(before);
  return [...validations(after)].flatMap(([validation, text]) =>
    old.get(validation) === text ? [] : [{ validation, before: old.get(validation) ?? null, after: text }],
  );
}
