import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyInstance } from "fastify";
import type { Role, ServerSettings } from "../options.js";
import { HttpError } from "./errors.js";
import { userId, type Users } from "./users.js";

declare module "fastify" {
  interface FastifyContextConfig {
    /** The least role that may call the route; `null`: anyone, as for health probes. Default: `admin`. */
    readonly role?: Role | null;
  }
}

type Tokens = ServerSettings["tokens"];

/** `infer` and `read` see what is served; only `admin` may do everything. */
const allowed: Readonly<Record<Role, readonly Role[]>> = {
  read: ["read"],
  infer: ["infer", "read"],
  admin: ["admin", "infer", "read"],
};

/** What is kept and compared of a token: digests have one length, so that comparing them takes constant time. */
export const tokenDigest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Who calls. */
export interface Caller {
  readonly role: Role;
  /** The UUID of a user; null for a token that names nobody. */
  readonly user: string | null;
}

/** The tokens that are valid now, as digests, and those of users who signed in. */
export class Access {
  readonly users: Users;
  readonly #admin: Buffer;
  #known: readonly ({ readonly hash: Buffer; readonly name: string | null } & Caller)[] = [];

  /** @param adminToken one that is always valid beside the others */
  constructor(tokens: Tokens, adminToken: string, users: Users) {
    this.#admin = tokenDigest(adminToken);
    this.users = users;
    this.replace(tokens);
  }

  /** False: anyone may call, as on a loopback address without tokens. */
  get isRestricted(): boolean {
    return this.#known.length > 0 || this.users.size > 0;
  }

  /** How many tokens are valid beside those of users. */
  get tokens(): number {
    return this.#known.length;
  }

  /** The users of tokens. */
  named(): { readonly id: string; readonly name: string }[] {
    return this.#known.flatMap(({ user, name }) => (user === null || name === null ? [] : [{ id: user, name }]));
  }

  /** From now on, only these tokens are valid, beside those of users. */
  replace(tokens: Tokens): void {
    this.#known = tokens.map(({ token, role, user }) => ({
      hash: tokenDigest(token),
      role,
      user: user === undefined ? null : userId(user),
      name: user ?? null,
    }));
  }

  /** Who sends a header `Authorization: Bearer <token>`; null without a valid token. */
  callerOf(authorization: string): Caller | null {
    return this.#owner(/^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? "");
  }

  /** Compares digests in constant time, with all tokens: the time says nothing about which one was close. */
  #owner(token: string): Caller | null {
    const hash = tokenDigest(token);
    let found: Caller | null = timingSafeEqual(this.#admin, hash) ? { role: "admin", user: null } : null;
    for (const each of this.#known) if (timingSafeEqual(each.hash, hash)) found = each;
    if (found !== null || this.users.size === 0) return found;
    const user = this.users.verify(token, "access");
    return user === null ? null : { role: user.role, user: user.id };
  }

  /**
   * Why a call is refused: 401 without a valid token, 403 with one of a lesser role; null if it is allowed.
   *
   * @param authorization the header's value, or empty
   * @param role the least role that may call; null: anyone
   * @param what is called, in quotes
   */
  refusal(authorization: string, role: Role | null, what: string): HttpError | null {
    if (!this.isRestricted || role === null) return null;
    const own = this.callerOf(authorization)?.role ?? null;
    if (own === null)
      return new HttpError(401, "this server needs a token: send the header 'Authorization: Bearer <token>'", {
        "www-authenticate": 'Bearer realm="shapeline"',
      });
    if (allowed[own].includes(role)) return null;
    return new HttpError(403, `this token has the role '${own}'; ${what} needs the role '${role}'`);
  }
}

/** Refuses requests without a token that the route's role needs: 401 without a valid one, 403 with a lesser role. */
export function requireRoles(app: FastifyInstance, access: Access): void {
  app.addHook("onRequest", (request, _, done) => {
    if (request.is404 || !access.isRestricted) return done();
    const { config, url = "" } = request.routeOptions;
    const { role = "admin" } = config;
    const refusal = access.refusal(request.headers.authorization ?? "", role, `'${request.method} ${url}'`);
    if (refusal === null) done();
    else done(refusal);
  });
}
