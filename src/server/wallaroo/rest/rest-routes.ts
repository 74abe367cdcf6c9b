import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Callers } from "../callers.js";
import type { ControlPlane } from "../control-plane.js";
import { PlatformError } from "../errors.js";
import { readJson } from "../read-json.js";
import { modelCalls } from "./model-calls.js";
import { pipelineCalls } from "./pipeline-calls.js";
import { workspaceCalls } from "./workspace-calls.js";

const calls = { ...workspaceCalls, ...modelCalls, ...pipelineCalls };

/** The REST calls, and 501 for all others below `/v1/` and `/v2/api/`. */
export function registerRest(scope: FastifyInstance, plane: ControlPlane, callers: Callers): void {
  scope.get("/v1/api/config", { config: { role: null } }, async () => ({ default_arch: "x86" }));
  for (const [path, { role, body: form, answer }] of Object.entries(calls)) {
    scope.post<{ Body: Buffer | undefined }>(`/v1/api/${path}`, { config: { role } }, async (request, reply) => {
      callers.note(request);
      const body = form.safeParse(readJson(request.body));
      if (!body.success) {
        const [issue] = body.error.issues;
        throw new PlatformError(
          400,
          `the member '${issue?.path.join(".") ?? ""}' of the body: ${issue?.message ?? ""}`,
        );
      }
      return reply.send(
        await answer(body.data as never, plane.seenBy(callers.memberOf(request)), {
          user: callers.userOf(request),
          callers,
          status: (code) => void reply.code(code),
          isBefore: (release) => callers.isBefore(release, request),
          isSdk: callers.isSdk(request),
          log: request.log,
        }),
      );
    });
  }
  const refuse = (request: FastifyRequest): never => {
    throw new PlatformError(
      501,
      `'${request.method} ${request.url.split("?")[0] ?? ""}' is not served by Shapeline; docs/wallaroo-server.md lists what is`,
    );
  };
  for (const url of ["/v1/*", "/v2/api/*"])
    scope.route({
      method: ["GET", "POST", "PUT", "PATCH", "DELETE"],
      url,
      config: { role: "read" },
      handler: refuse,
    });
}
