import { TargetError } from "../../../../dsl/errors.js";
import type { ModelConfig } from "../../../config/schema.js";
import type { ObjectClient } from "../objects/lazy-object.js";
import type { Deployment } from "../objects/types.js";
import type { RegisteredModel } from "./registry.js";

/**
 * Refuses models whose newest configuration on the platform takes their inputs from columns of other names: a deploy
 * would use it, and columns in another order would go to the wrong inputs.
 *
 * @param models those of the config
 * @param registered the versions of `models`, in their order; null for a model that the platform does not have
 * @throws TargetError SL6056
 */
export async function requireOwnColumns(
  client: ObjectClient,
  models: readonly ModelConfig[],
  registered: readonly (RegisteredModel | null)[],
): Promise<void> {
  await Promise.all(
    models.map(async (model, i) => {
      const version = registered[i] ?? null;
      if (version === null) return;
      const { id } = version;
      refuseOtherColumns(client, model, await client.objects.modelVersion({ id }).tensorFields());
    }),
  );
}

/**
 * The same for what a deployment runs.
 *
 * @throws TargetError SL6056
 */
export async function requireColumnsOf(
  client: ObjectClient,
  models: readonly ModelConfig[],
  deployment: Deployment,
): Promise<void> {
  for (const [model, fields] of await configuredColumns(models, deployment)) refuseOtherColumns(client, model, fields);
}

/** Whether the models of a deployment take the columns that a pipeline with these models sends. */
export async function hasColumnsOf(models: readonly ModelConfig[], deployment: Deployment): Promise<boolean> {
  return (await configuredColumns(models, deployment)).every(([model, fields]) => areOwn(model, fields));
}

/** The models of a deployment whose configurations name columns, with the names. */
async function configuredColumns(
  models: readonly ModelConfig[],
  deployment: Deployment,
): Promise<(readonly [ModelConfig, readonly string[]])[]> {
  const configs = await deployment.modelConfigs();
  const found = await Promise.all(
    configs.map(async (config) => {
      const fields = await config.tensorFields();
      const sha = fields === null ? null : await (await config.modelVersion()).sha();
      const model = models.find(({ sha256 }) => sha256 === sha);
      return model === undefined || fields === null ? null : ([model, fields] as const);
    }),
  );
  return found.filter((each) => each !== null);
}

const areOwn = ({ inputs }: ModelConfig, fields: readonly string[]): boolean =>
  fields.length === inputs.length && fields.every((field, i) => field === inputs[i]?.name);

function refuseOtherColumns({ url }: ObjectClient, model: ModelConfig, fields: readonly string[] | null): void {
  if (fields === null || areOwn(model, fields)) return;
  const list = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(", ");
  const own = list(model.inputs.map(({ name }) => name));
  throw new TargetError(
    "SL6056",
    `${url}: model '${model.name}' takes the columns ${list(fields)} there (tensor_fields of its configuration) as its inputs ${own}, and the pipeline sends columns by the inputs' names; configure the model version again without tensor_fields, then deploy`,
    { model: model.name, tensorFields: fields },
  );
}
