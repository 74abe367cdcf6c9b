import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Role, ServerSettings } from "../options.js";
import { HttpError } from "./errors.js";

declare module "fastify" {
  interface FastifyContextConfig {
    /** The least role that may call the route; `null`: anyone, as for health probes. Default: `admin`. */
    readonly role?: Role | null;
  }
}

/** `infer` and `read` see what is served; only `admin` may do everything. */
const allowed: Readonly<Record<Role, readonly Role[]>> = {
  read: ["read"],
  infer: ["infer", "read"],
  admin: ["admin", "infer", "read"],
};

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Refuses requests without a token that the route's role needs: 401 without a valid one, 403 with a lesser role. */
export function requireRoles(app: FastifyInstance, { tokens }: Pick<ServerSettings, "tokens">): void {
  if (tokens.length === 0) return;
  const known = tokens.map(({ token, role }) => ({ hash: digest(token), role }));
  app.addHook("onRequest", async (request) => {
    const { role = "admin" } = request.routeOptions.config;
    if (role === null || request.is404) return;
    const roles = rolesOf(request, known);
    if (roles === null)
      throw new HttpError(401, "this server needs a token: send the header 'Authorization: Bearer <token>'", {
        "www-authenticate": 'Bearer realm="shapeline"',
      });
    if (!roles.includes(role))
      throw new HttpError(
        403,
        `this token has the role '${roles[0]}'; '${request.method} ${request.routeOptions.url ?? ""}' needs the role '${role}'`,
      );
  });
}

/** Compares digests in constant time, with all tokens: the time says nothing about which one was close. */
function rolesOf(
  request: FastifyRequest,
  known: readonly { readonly hash: Buffer; readonly role: Role }[],
): readonly Role[] | null {
  const [, token = ""] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
  const hash = digest(token);
  let found: Role | null = null;
  for (const each of known) if (timingSafeEqual(each.hash, hash)) found = each.role;
  return found === null ? null : allowed[found];
}
