import type { RegisterRoutes } from "../context.js";
import { HttpError } from "../http/errors.js";
import { inferRoutes } from "./infer-routes.js";
import { logRoutes } from "./log-routes.js";
import { pipelineRoutes } from "./pipeline-routes.js";

/** Shapeline's own API, below `/api/v1`. */
export const apiRoutes: RegisterRoutes = (app, context) => {
  void app.register((scope, _, done) => {
    // Bodies are read by each route, without a loss of digits.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, parsed) => parsed(null, body));
    scope.addHook("onRequest", async (request) => {
      const { origin } = request.headers;
      if (request.method === "GET" || origin === undefined || context.settings.tokens.length > 0) return;
      // Without tokens, any web page could otherwise make its reader's browser deploy or undeploy here.
      const { cors } = context.settings;
      if (cors.includes("*") || cors.includes(origin) || origin === `${request.protocol}://${request.host}`) return;
      throw new HttpError(
        403,
        `the server does not take requests of pages of '${origin}'; allow them with the option 'cors' (--cors)`,
      );
    });
    for (const register of [pipelineRoutes, inferRoutes, logRoutes]) register(scope, context);
    done();
  });
};
