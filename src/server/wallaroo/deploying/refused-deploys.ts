import { randomInt } from "node:crypto";

const maxRemembered = 1000;
/** Above the keys of deployments. */
const firstKey = 2 ** 50;

/**
 * Why deploys of the SDK were refused. The SDK replaces every refusal by "Failed to deploy.", but shows the error of
 * the query that it sends for the deployment that it got; so it gets the key of a refusal.
 */
export class RefusedDeploys {
  readonly #reasons = new Map<number, string>();

  /** The key by which a reason is found, which nobody can guess. */
  add(reason: string): number {
    const key = firstKey + randomInt(2 ** 47);
    if (this.#reasons.size >= maxRemembered) this.#reasons.delete(this.#reasons.keys().next().value as number);
    this.#reasons.set(key, reason);
    return key;
  }

  /** Null for the key of anything else. */
  reasonOf(key: number): string | null {
    return this.#reasons.get(key) ?? null;
  }
}
