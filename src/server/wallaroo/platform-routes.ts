import type { FastifyInstance } from "fastify";
import type { ServerContext } from "../context.js";
import type { Access } from "../http/access.js";
import { Callers } from "./callers.js";
import { ControlPlane } from "./control-plane.js";
import { answerPlatformErrors } from "./errors.js";
import { registerGraphql } from "./graphql/graphql-route.js";
import { registerInfer } from "./inference/infer-route.js";
import { registerLogs } from "./inference/log-route.js";
import { registerRest } from "./rest/rest-routes.js";
import { registerTokens } from "./rest/token-route.js";
import { registerUsers } from "./rest/user-routes.js";
import { registerUpload } from "./rest/upload-route.js";

/** The interface of the Wallaroo platform, below `/v1`. */
export interface PlatformRoutes {
  close(): Promise<void>;
}

/**
 * Adds the routes below `/v1`, and opens the control plane of the data folder.
 *
 * @throws TargetError SL6000 without `mercurius` or `@fastify/multipart`, StorageError SL7xxx
 */
export function platformRoutes(app: FastifyInstance, context: ServerContext, access: Access): PlatformRoutes {
  let plane: ControlPlane | null = null;
  void app.register(async (scope) => {
    const opened = (plane = await ControlPlane.open(context.host, () => !access.isRestricted));
    const callers = new Callers(access);
    // Bodies are read by each route, without a loss of digits.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, parsed) => parsed(null, body));
    answerPlatformErrors(scope);
    registerTokens(scope, access);
    registerUsers(scope, callers);
    await registerUpload(scope, opened, callers);
    await registerGraphql(scope, opened, callers);
    registerInfer(scope, opened, context, callers);
    registerLogs(scope, opened, callers);
    registerRest(scope, opened, callers);
  });
  return { close: async () => plane?.close() };
}
