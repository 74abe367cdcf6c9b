import type { FastifyRequest } from "fastify";
import type { Access } from "../http/access.js";
import { isRecord } from "../../util/objects.js";

/** The user of the SDK's `test_auth`, and of calls that name nobody. */
export const localUser = "99cace15-e0d4-4bb6-bf14-35efee181b90";

const maxRemembered = 10_000;

/** The user that a JWT names, unverified: for servers without tokens, where it only chooses what is shown. */
function namedUser(authorization: string): string | null {
  const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? "";
  const payload = token.split(".")[1];
  if (payload === undefined) return null;
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString());
    const sub = isRecord(claims) ? claims["sub"] : null;
    return typeof sub === "string" && sub.length <= 100 ? sub : null;
  } catch {
    return null;
  }
}

/** A user as the SDK reads it. */
interface PlatformUser {
  readonly id: string;
  readonly email: string;
  readonly username: string;
  readonly enabled: true;
  readonly createdTimestamp: number;
}

/** Who calls, and with which release of the platform's SDK. */
export class Callers {
  readonly #access: Access;
  /** By address and token: the SDK names its release in all calls but inferences. */
  readonly #releases = new Map<string, string>();

  constructor(access: Access) {
    this.#access = access;
  }

  /** The user of a call: that of its token, or the one user of a server without tokens. */
  userOf({ headers }: Pick<FastifyRequest, "headers">): string {
    const authorization = headers.authorization ?? "";
    if (!this.#access.isRestricted) return namedUser(authorization) ?? localUser;
    return this.#access.callerOf(authorization)?.user ?? localUser;
  }

  /** Whose workspaces a call sees: null on a server without tokens, and for tokens without a user, which see all. */
  memberOf({ headers }: Pick<FastifyRequest, "headers">): string | null {
    return this.#access.isRestricted ? (this.#access.callerOf(headers.authorization ?? "")?.user ?? null) : null;
  }

  /** Everybody who may sign in or has a token with a name, and the user of all other tokens. */
  users(): PlatformUser[] {
    const all = [{ id: localUser, name: "local@shapeline" }, ...this.#access.named(), ...this.#access.users.all()];
    return all.map(({ id, name }) => ({ id, email: name, username: name, enabled: true, createdTimestamp: 0 }));
  }

  /** Remembers the SDK's release of a caller. */
  note(request: FastifyRequest): void {
    const release = /^WallarooSDK\/(\d{4}\.\d+)/.exec(request.headers["user-agent"] ?? "")?.[1];
    if (release === undefined) return;
    const key = keyOf(request);
    this.#releases.delete(key);
    if (this.#releases.size >= maxRemembered) this.#releases.delete(this.#releases.keys().next().value as string);
    this.#releases.set(key, release);
  }

  /**
   * Whether the SDK sent a call, which is not an inference. Releases up to 2023.4 name only their HTTP library in
   * some of them.
   */
  isSdk(request: FastifyRequest): boolean {
    const agent = request.headers["user-agent"] ?? "";
    return (
      agent.startsWith("WallarooSDK/") || (agent.startsWith("python-httpx/") && this.#releases.has(keyOf(request)))
    );
  }

  /** Whether a caller's SDK is older than a release such as "2024". */
  isBefore(release: string, request: FastifyRequest): boolean {
    const own = this.#releases.get(keyOf(request));
    return own !== undefined && own < release;
  }

  /** Whether a caller's SDK reads `check_failures`: releases up to 2023.4. */
  readsCheckFailures(request: FastifyRequest): boolean {
    return this.isBefore("2024", request);
  }

  /** @throws HttpError 401 or 403 */
  requireAdmin(request: FastifyRequest): void {
    const refusal = this.#access.refusal(request.headers.authorization ?? "", "admin", "a GraphQL mutation");
    if (refusal !== null) throw refusal;
  }
}

/** The SDK sends a token with and without "Bearer", and two words without meaning where it has none. */
function keyOf({ ip, headers }: FastifyRequest): string {
  const token = (headers.authorization ?? "").replace(/^Bearer +/i, "").slice(0, 200);
  return `${ip} ${token.startsWith("definitely_a") ? "" : token}`;
}
