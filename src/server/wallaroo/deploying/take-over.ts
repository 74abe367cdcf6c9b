import { randomUUID } from "node:crypto";
import type { Config } from "../../../config/schema.js";
import type { Store } from "../../../logs/store.js";
import { now } from "../state/now.js";
import type { PlaneState } from "../state/plane-state.js";
import type { Deployment, PendingDeploy, PipelineRow, PipelineVersionRow } from "../state/rows.js";
import type { Change } from "../state/tables.js";
import { systemUser } from "../state/workspaces.js";
import type { Deployments } from "./deployments.js";
import { describeConfig } from "./describe-config.js";

type StoredPipeline = Awaited<ReturnType<Store["pipelines"]>>[number];

/**
 * Makes the tables equal to what the data folder has deployed: by TypeScript, by the command line, and by a deploy that
 * a kill ended after it was deployed and before that was noted here.
 *
 * @param isShared whether everybody sees all workspaces
 */
export async function takeOver(
  plane: PlaneState,
  deployments: Deployments,
  store: Store,
  isShared: boolean,
): Promise<void> {
  while (!(await tookOver(plane, deployments, store, isShared)));
}

/** False if a deploy or undeploy ended while the data folder was read: what was read is out of date. */
async function tookOver(
  plane: PlaneState,
  deployments: Deployments,
  store: Store,
  isShared: boolean,
): Promise<boolean> {
  const { tables } = plane;
  const { ended } = deployments;
  const unlessEnded = (changes: () => readonly Change[]): Promise<boolean> =>
    tables.change(() => {
      const isCurrent = deployments.ended === ended;
      return { changes: isCurrent ? changes() : [], answer: isCurrent };
    });
  for (const stored of await store.pipelines())
    if (!(await unlessEnded(() => changesFor(plane, deployments, stored, isShared)))) return false;
  // Deploys that a kill ended before anything was deployed.
  return unlessEnded(() =>
    tables
      .filter("deployment", ({ pending }) => pending.some((each) => !deployments.isUnfinished(each)))
      .map((row): Change => ["deployment", row.id, { ...row, pending: unfinished(deployments, row) }]),
  );
}

function changesFor(
  plane: PlaneState,
  deployments: Deployments,
  { name, state, current }: StoredPipeline,
  isShared: boolean,
): Change[] {
  const { tables, pipelines } = plane;
  const engineVersion = String(current.version);
  const known = tables.find("pipeline", (row) => row.engine_name === name);
  const last = known === undefined ? undefined : pipelines.deploymentOf(known.id);
  if (last !== undefined && deployments.isBusy(last)) return [];
  const isRunning = state === "deployed";
  const config = current.config as Config;
  const killed = last?.pending.find((each) => each.hash === config.hash);
  const shown = last === undefined ? undefined : tables.get("pipeline_version", last.pipeline_version_pk_id);
  if (last?.deployed === isRunning && killed === undefined && (!isRunning || shown?.engine_version === engineVersion))
    return [];

  const changes: Change[] = [];
  const pipeline = known ?? pipelines.newPipeline(name, plane.workspaces.home(changes, isShared).id, systemUser, name);
  if (known === undefined) changes.push(["pipeline", pipeline.id, pipeline]);
  const version = versionFor(plane, changes, { pipeline, killed, engineVersion, current });
  const isThere = last !== undefined && (last.deployed || last.pending.length > 0);
  if (!isRunning && !isThere) return changes;
  const shows = isRunning ? version : (shown ?? version);
  const deployment: Deployment = {
    id: isThere ? last.id : tables.nextId("deployment"),
    pipeline_pk_id: pipeline.id,
    deploy_id: killed?.deploy_id ?? (isThere ? last.deploy_id : pipeline.pipeline_id),
    deployed: isRunning,
    engine_config: killed?.engine_config ?? (isThere ? last.engine_config : { engine: {} }),
    pipeline_version_pk_id: shows.id,
    model_config_ids:
      killed?.model_config_ids ?? (isThere && last.pipeline_version_pk_id === shows.id ? last.model_config_ids : []),
    pending: isThere ? unfinished(deployments, last) : [],
    created_at: isThere ? last.created_at : current.deployedAt.toISOString(),
    updated_at: now(),
  };
  changes.push(["deployment", deployment.id, deployment]);
  return changes;
}

const unfinished = (deployments: Deployments, row: Deployment): readonly PendingDeploy[] =>
  row.pending.filter((each) => deployments.isUnfinished(each));

/** The row of the version that is deployed: that of the deploy which a kill ended, a known one, or a new one. */
function versionFor(
  { tables, pipelines, models }: PlaneState,
  changes: Change[],
  about: {
    readonly pipeline: PipelineRow;
    readonly killed: PendingDeploy | undefined;
    readonly engineVersion: string;
    readonly current: StoredPipeline["current"];
  },
): PipelineVersionRow {
  const { pipeline, killed, engineVersion, current } = about;
  const begun = killed === undefined ? undefined : tables.get("pipeline_version", killed.pipeline_version_pk_id);
  if (begun !== undefined) {
    const version = { ...begun, engine_version: engineVersion };
    changes.push(["pipeline_version", version.id, version]);
    return version;
  }
  const known = pipelines.versionsOf(pipeline.id).find((row) => row.engine_version === engineVersion);
  if (known !== undefined) return known;
  const config = current.config as Config;
  models.addOf(changes, config, current.models, pipeline.workspace_id);
  const version: PipelineVersionRow = {
    id: tables.nextId("pipeline_version"),
    pipeline_pk_id: pipeline.id,
    version: randomUUID(),
    definition: describeConfig(config, pipeline.pipeline_id),
    engine_version: engineVersion,
    is_config: true,
    created_by: systemUser,
    created_at: current.deployedAt.toISOString(),
    updated_at: now(),
  };
  changes.push(["pipeline_version", version.id, version]);
  return version;
}
