import type { FastifyInstance } from "fastify";
import type { Callers } from "../callers.js";
import { notFound } from "../errors.js";

/** `GET /auth/admin/realms/<realm>/users`: how the SDK finds a user by name or key, in the form of Keycloak. */
export function registerUsers(scope: FastifyInstance, callers: Callers): void {
  const users = "/auth/admin/realms/:realm/users";
  scope.get<{ Querystring: { readonly email?: unknown } }>(users, { config: { role: "read" } }, async (request) => {
    const { email } = request.query;
    const all = callers.users();
    if (typeof email !== "string") return all;
    return all.filter((user) => user.email.toLowerCase() === email.toLowerCase());
  });
  scope.get<{ Params: { readonly id: string } }>(`${users}/:id`, { config: { role: "read" } }, async ({ params }) => {
    const found = callers.users().find(({ id }) => id === params.id);
    if (found === undefined) throw notFound(`user '${params.id}'`);
    return found;
  });
}
