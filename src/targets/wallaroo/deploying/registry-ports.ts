import { TargetError } from "../../../../dsl/errors.js";
import { documents } from "../../../wallaroo/api/documents.js";
import type { DefinitionModel } from "../../../wallaroo/platform.js";
import type { ObjectClient } from "../objects/lazy-object.js";
import { modelsIn } from "../objects/signatures.js";

/**
 * Reads the ports of a definition's models that the client was not told, from the schemas of the platform's registry.
 *
 * @returns why the schemas of a model cannot be used, for those that have such
 */
export async function learnPorts(client: ObjectClient, definition: unknown): Promise<string[]> {
  const unknown = new Map<string, DefinitionModel>();
  for (const model of modelsIn(definition)) if (!client.signatures.has(model.sha)) unknown.set(model.sha, model);
  const reasons = await Promise.all([...unknown.values()].map((model) => learnModel(client, model)));
  return reasons.filter((reason) => reason !== null);
}

async function learnModel(client: ObjectClient, { name, version, sha }: DefinitionModel): Promise<string | null> {
  const { model } = await client.query(documents.modelVersion, { model_id: name, model_version: version });
  const found = model.find((row) => row.sha === sha);
  if (found === undefined) return null;
  const { id, model_id, model_version } = found;
  try {
    const signature = await client.objects.modelVersion({ id, model_id, model_version, sha }).signature();
    if (signature !== null) client.signatures.add({ ...signature, sha256: sha });
    return null;
  } catch (error) {
    // A schema that cannot be read is as good as none; all other failures are the caller's.
    if (error instanceof TargetError && error.details["schema"] === true) return error.message;
    throw error;
  }
}
