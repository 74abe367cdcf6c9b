import { isRecord } from "../../../util/objects.js";
import type { DefinitionModel } from "../../../wallaroo/platform.js";
import type { KnownModel } from "../../../wallaroo/read/infer-ports.js";

/** The ports of models by digest: of handles and configs that the client was given, and of the registry's schemas. */
export class Signatures {
  readonly #byDigest = new Map<string, KnownModel>();

  /** Takes the ports of a handle or a config's model. A reference without ports adds nothing. */
  add(model: object): void {
    const known = knownModel(model);
    if (known !== null) this.#byDigest.set(known.sha256, known);
  }

  /** The known models that a definition or its steps name, with the names that they have there. */
  of(definition: unknown): KnownModel[] {
    return modelsIn(definition).flatMap(({ name, sha }) => {
      const known = this.#byDigest.get(sha);
      return known === undefined ? [] : [{ ...known, name }];
    });
  }

  has(sha256: string): boolean {
    return this.#byDigest.has(sha256);
  }
}

/** The models that a definition or its steps name. */
export function modelsIn(definition: unknown): DefinitionModel[] {
  const found: DefinitionModel[] = [];
  const waiting: unknown[] = [definition];
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value !== "object" || value === null) continue;
    waiting.push(...(Object.values(value) as unknown[]));
    const { name, version, sha } = value as Readonly<Record<string, unknown>>;
    if (typeof name === "string" && typeof sha === "string") found.push({ name, version: String(version), sha });
  }
  return found;
}

/** The model if it says its ports: a handle, a signature or a config's model. Null for a reference without ports. */
export function knownModel(model: object): KnownModel | null {
  const { name, sha256, inputs, outputs } = model as Readonly<Record<string, unknown>>;
  const hasPorts = [inputs, outputs].every((ports) => Array.isArray(ports) || isRecord(ports));
  return typeof name === "string" && typeof sha256 === "string" && hasPorts ? (model as KnownModel) : null;
}
