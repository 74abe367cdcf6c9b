import { TargetError } from "../../../../dsl/errors.js";
import type { WantedModel } from "../../../engine/session/model-files.js";
import { documents } from "../../../wallaroo/api/documents.js";
import { graphqlPath } from "../../../wallaroo/api/routes.js";
import { unexpectedAnswer } from "../connection/platform-errors.js";
import type { DefinitionModel } from "../../../wallaroo/platform.js";
import type { ModelReference } from "../edits/public-types.js";
import type { ObjectClient } from "../objects/lazy-object.js";
import { nodeFiles } from "../files/load-node-files.js";

/** A model version of the platform. */
export interface RegisteredModel {
  readonly name: string;
  readonly version: string;
  readonly id: number;
}

/** The newest version of a name with a digest; null if the platform has none. */
export async function findByDigest(
  client: ObjectClient,
  { name, sha256 }: WantedModel,
): Promise<RegisteredModel | null> {
  const { model } = await client.query(documents.modelVersions, { model_id: name });
  requireOwn(client, name, model);
  const newest = model.filter(({ sha }) => sha === sha256).sort((a, b) => b.id - a.id)[0];
  return newest === undefined ? null : { name, version: newest.model_version, id: newest.id };
}

/** @throws TargetError SL6055 for versions of another model: they would make an upload of what is there */
function requireOwn({ url }: ObjectClient, name: string, rows: readonly { readonly model_id: string }[]): void {
  const other = rows.find(({ model_id }) => model_id !== name);
  if (other !== undefined)
    throw unexpectedAnswer(`${url}${graphqlPath}`, `model '${name}' was asked for, and it has '${other.model_id}'`);
}

/** @throws TargetError SL6007 if the platform has no such version */
export async function findByVersion(
  client: ObjectClient,
  { name, version }: DefinitionModel,
): Promise<RegisteredModel> {
  const { model } = await client.query(documents.modelVersion, { model_id: name, model_version: version });
  requireOwn(client, name, model);
  const [found] = model;
  if (found !== undefined) return { name, version, id: found.id };
  throw new TargetError("SL6007", `${client.url} has no version '${version}' of model '${name}'; upload it first`, {
    model: name,
  });
}

/**
 * Uploads the models of whose digest the platform has no version.
 *
 * @param folder where the files are, found by their digests
 */
export async function uploadMissing(
  client: ObjectClient,
  models: readonly WantedModel[],
  folder: string,
): Promise<RegisteredModel[]> {
  const found = await Promise.all(models.map((model) => findByDigest(client, model)));
  const missing = models.filter((_, i) => found[i] === null);
  if (missing.length > 0) {
    const names = missing.map(({ name }) => `'${name}'`).join(", ");
    const { uploadFiles } = await nodeFiles(
      `the upload of ${names}`,
      "upload the models from Node or with the SDK first",
    );
    const { id: workspace } = await client.workspace();
    await uploadFiles(client, workspace, missing, folder);
  }
  return Promise.all(
    models.map(async (model, i) => {
      const version = found[i] ?? (await findByDigest(client, model));
      if (version !== null) return version;
      throw new TargetError(
        "SL6055",
        `${client.url}: the platform does not have model '${model.name}' with the digest ${model.sha256} after its upload; it may change files: look at the model there`,
        { model: model.name },
      );
    }),
  );
}

/**
 * A model as definitions name it. The ports of a handle become known to the client.
 *
 * @throws TargetError SL6007 for a handle of whose digest the platform has no version
 */
export async function definitionModel(client: ObjectClient, reference: ModelReference): Promise<DefinitionModel> {
  if ("asDefinitionModel" in reference) return reference.asDefinitionModel();
  if ("sha" in reference) return reference;
  client.signatures.add(reference);
  const { name, sha256 } = reference;
  const found = await findByDigest(client, reference);
  if (found !== null) return { name, version: found.version, sha: sha256 };
  throw new TargetError(
    "SL6007",
    `${client.url} has no version of model '${name}' with the digest ${sha256.slice(0, 12)}…; upload it first, with platform.uploadModel(${name})`,
    { model: name },
  );
}
