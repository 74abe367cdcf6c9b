import type { RegisterRoutes } from "../context.js";
import { HttpError } from "../http/errors.js";
import { alertRules } from "./alert-rules.js";

/** `/metrics` for Prometheus to scrape, and `/rules`: the alerts as a file for its `rule_files`. */
export const metricsRoutes: RegisterRoutes = (app, { host, metrics }) => {
  const read = { config: { role: "read" } } as const;
  app.get("/metrics", read, async (_, reply) => {
    if (metrics === null)
      throw new HttpError(
        404,
        "metrics need the package 'prom-client': install it with `npm install prom-client` and start the server again",
      );
    return reply.type(metrics.contentType).send(await metrics.text());
  });
  app.get("/rules", read, (_, reply) =>
    reply.type("application/yaml").send(alertRules(host.deployments().map(({ current }) => current.config))),
  );
  if (metrics === null) return;
  app.addHook("onResponse", (request, reply, done) => {
    metrics.httpAnswered(request.method, request.routeOptions.url ?? "none", reply.statusCode, reply.elapsedTime);
    done();
  });
};
