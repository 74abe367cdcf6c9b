import { isRecord } from "../../../util/objects.js";
import type { KnownModel } from "../../../wallaroo/read/infer-ports.js";

/** The ports of models by digest: those of the handles and configs that the client was given. */
export class Signatures {
  readonly #byDigest = new Map<string, KnownModel>();

  /** Takes the ports of a handle or a config's model. A reference without ports adds nothing. */
  add(model: object): void {
    const known = knownModel(model);
    if (known !== null) this.#byDigest.set(known.sha256, known);
  }

  /** The known models that a definition or its steps name, with the names that they have there. */
  of(definition: unknown): KnownModel[] {
    const found: KnownModel[] = [];
    const waiting: unknown[] = [definition];
    for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
      if (typeof value !== "object" || value === null) continue;
      waiting.push(...(Object.values(value) as unknown[]));
      const { name, sha } = value as Readonly<Record<string, unknown>>;
      const known = typeof sha === "string" ? this.#byDigest.get(sha) : undefined;
      if (known !== undefined && typeof name === "string") found.push({ ...known, name });
    }
    return found;
  }
}

/** The model if it says its ports: a handle, a signature or a config's model. Null for a reference without ports. */
export function knownModel(model: object): KnownModel | null {
  const { name, sha256, inputs, outputs } = model as Readonly<Record<string, unknown>>;
  const hasPorts = [inputs, outputs].every((ports) => Array.isArray(ports) || isRecord(ports));
  return typeof name === "string" && typeof sha256 === "string" && hasPorts ? (model as KnownModel) : null;
}
