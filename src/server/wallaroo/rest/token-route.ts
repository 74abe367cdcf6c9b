import type { FastifyInstance } from "fastify";
import type { Access } from "../../http/access.js";
import { lifetimes, type User } from "../../http/users.js";
import { bounds } from "../../../util/bounds.js";
import { platformProblem } from "../errors.js";

/** `POST /auth/realms/<realm>/protocol/openid-connect/token`: the password and refresh grants of OAuth 2. */
export function registerTokens(scope: FastifyInstance, { users }: Access): void {
  scope.post<{ Body: Buffer | undefined }>(
    "/auth/realms/:realm/protocol/openid-connect/token",
    { config: { role: null }, bodyLimit: bounds.signInBody.limit },
    async (request, reply) => {
      const refuse = (status: number, error: string, text: string): unknown =>
        reply.code(status).send({ error, error_description: text });
      if (users.size === 0)
        return refuse(
          501,
          "unsupported_grant_type",
          "this server has no users who sign in with a password; name them with --user-file, or use the auth_type 'token' or 'test_auth'",
        );
      const form = new URLSearchParams((request.body ?? Buffer.alloc(0)).toString());
      const grant = form.get("grant_type");
      let user: User | null;
      try {
        if (grant === "password") user = await users.signIn(form.get("username") ?? "", form.get("password") ?? "");
        else if (grant === "refresh_token") user = users.verify(form.get("refresh_token") ?? "", "refresh");
        else return refuse(400, "unsupported_grant_type", "the grant_type is 'password' or 'refresh_token'");
      } catch (error) {
        const problem = platformProblem(error);
        if (problem === null) throw error;
        return refuse(problem.status, "temporarily_unavailable", problem.message);
      }
      if (user === null)
        return refuse(
          401,
          "invalid_grant",
          grant === "password" ? "the user name or the password is wrong" : "the refresh token is not valid any more",
        );
      return reply.header("cache-control", "no-store").send({
        access_token: users.issue(user, "access"),
        expires_in: lifetimes.access,
        refresh_token: users.issue(user, "refresh"),
        refresh_expires_in: lifetimes.refresh,
        token_type: "Bearer",
      });
    },
  );
}
