import type { RegisterRoutes } from "../context.js";
import { inferRoutes } from "./infer-routes.js";
import { logRoutes } from "./log-routes.js";
import { pipelineRoutes } from "./pipeline-routes.js";

/** Shapeline's own API, below `/api/v1`. */
export const apiRoutes: RegisterRoutes = (app, context) => {
  void app.register((scope, _, done) => {
    // Bodies are read by each route, without a loss of digits.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, parsed) => parsed(null, body));
    for (const register of [pipelineRoutes, inferRoutes, logRoutes]) register(scope, context);
    done();
  });
};
