import { TargetError } from "../../../../dsl/errors.js";
import { canonicalJson } from "../../../config/canonical.js";
import { isRecord } from "../../../util/objects.js";
import { documents } from "../../../wallaroo/api/documents.js";
import { graphqlPath } from "../../../wallaroo/api/routes.js";
import { unexpectedAnswer } from "../connection/platform-errors.js";
import type { Definition } from "../../../wallaroo/definition.js";
import type { AlertConfiguration } from "../../../wallaroo/write/alerts.js";
import { stringifyDefinition } from "../../../wallaroo/write/stringify.js";
import type { ObjectClient } from "../objects/lazy-object.js";
import type { Pipeline } from "../objects/types.js";

/** The pipeline of a name in the client's workspace; null if there is none. */
export async function findPipeline(client: ObjectClient, name: string): Promise<Pipeline | null> {
  const { pipeline } = await client.query(documents.pipelineByName, { pipeline_name: name });
  const other = pipeline.find(({ pipeline_id }) => pipeline_id !== name);
  if (other !== undefined)
    throw unexpectedAnswer(
      `${client.url}${graphqlPath}`,
      `pipeline '${name}' was asked for, and it has '${other.pipeline_id}'`,
    );
  const found = pipeline.map(({ id }) => client.objects.pipeline({ id, pipeline_id: name }));
  // Older platforms do not say the workspace of a pipeline.
  if (!(await client.isRecent())) return found[0] ?? null;
  const [{ id: wanted }, workspaces] = await Promise.all([
    client.workspace(),
    Promise.all(found.map((each) => each.workspace())),
  ]);
  return found[workspaces.findIndex(({ id }) => id === wanted)] ?? null;
}

/** @throws TargetError SL6007 if the workspace has none */
export async function requirePipeline(client: ObjectClient, name: string): Promise<Pipeline> {
  const found = await findPipeline(client, name);
  if (found !== null) return found;
  const { name: workspace } = await client.workspace();
  throw new TargetError(
    "SL6007",
    `${client.url} has no pipeline '${name}' in the workspace '${workspace}'; target.pipelines() lists them`,
    { pipeline: name },
  );
}

/** An alert and whom it writes to. */
export interface NewAlert extends AlertConfiguration {
  readonly email: readonly string[];
}

/**
 * The version of a definition, and whether it is new: the newest version if it has the same steps. One with alerts must
 * also have been deployed: otherwise a failure may have come before its alerts were sent, and the platform has no call
 * that lists them.
 */
export async function findOrCreateVersion(
  client: ObjectClient,
  found: Pipeline | null,
  definition: Definition,
  alerts: readonly NewAlert[],
): Promise<{ readonly id: number; readonly pipeline: number; readonly name: string | null }> {
  const [newest] = found === null ? [] : await found.versions();
  if (
    found !== null &&
    newest !== undefined &&
    isSameDefinition(await newest.definition(), definition) &&
    (alerts.length === 0 || (await newest.deployments()).length > 0)
  )
    return { id: newest.id, pipeline: found.id, name: null };
  const { id: workspace } = await client.workspace();
  // The text of a definition matters: numbers are written as the platform's library writes them.
  const body = `{"pipeline_id":${JSON.stringify(definition.id)},"workspace_id":${workspace},"definition":${stringifyDefinition(definition)}}`;
  const made = await client.restText("createPipeline", body);
  for (const { name, expression, email } of alerts)
    await client.query(documents.createAlert, {
      name,
      expression,
      notifications: { email: email.map((to) => ({ to })) },
      // The SDK sends the pipeline's key here, not that of its version.
      pipeline_version_id: made.pipeline_pk_id,
    });
  return { id: made.pipeline_variant_pk_id, pipeline: made.pipeline_pk_id, name: made.pipeline_variant_version };
}

/** Whether a stored definition has the steps of a definition. */
export function isSameDefinition(stored: unknown, definition: Definition): boolean {
  if (!isRecord(stored)) return false;
  const { steps } = JSON.parse(stringifyDefinition(definition)) as Definition;
  return canonicalJson(stored["steps"]) === canonicalJson(steps);
}
