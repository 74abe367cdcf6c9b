import { resolve } from "node:path";
import type { JSONSchema } from "../../schema/json-schema.js";
import type { LocalOptions } from "../../targets/local/index.js";
import { TargetError } from "../../../dsl/errors.js";
import { apiRoot } from "../../api/routes.js";
import { writeJson } from "../../api/write-json.js";
import { pipelineOutline } from "../../config/check/outline.js";
import { connectionSignal } from "../http/connection-signal.js";
import { parseConfig } from "../../config/config.js";
import { rebuildPipeline } from "../../config/rebuild/rebuild.js";
import { LocalTargetImpl } from "../../targets/local/local-target.js";
import { parseLoggedColumns } from "../../targets/local/options/logged-columns.js";
import type { FastifyReply } from "fastify";
import type { RegisterRoutes } from "../context.js";
import { apiOperations } from "../openapi/api-operations.js";
import { parseQuery, queries } from "./queries.js";
import { requireJson } from "./read-rows.js";

interface Named {
  readonly Params: { readonly name: string };
}

/** What is deployed: listing, deploying, undeploying. */
export const pipelineRoutes: RegisterRoutes = (app, { host, localCommands, longReads }) => {
  const read = (openapi: JSONSchema) => ({ config: { role: "read" as const, openapi } });
  const admin = (openapi: JSONSchema) => ({ config: { role: "admin" as const, openapi } });

  app.get(`${apiRoot}/pipelines`, read(apiOperations.pipelines), async (request, reply) => {
    parseQuery(queries.none, request.query);
    return json(reply, { pipelines: await host.target.pipelines() });
  });

  app.get(`${apiRoot}/models`, read(apiOperations.models), async (request, reply) => {
    parseQuery(queries.none, request.query);
    const models = await host.target.models();
    // Not where the files are: readers have no use for the server's folders.
    return json(reply, { models: models.map(({ path: _path, ...model }) => model) });
  });

  app.get<Named>(`${apiRoot}/pipelines/:name`, read(apiOperations.status), async ({ params, query }, reply) => {
    parseQuery(queries.none, query);
    return json(reply, await host.using(params.name, (live) => live.status()));
  });

  app.get<Named>(
    `${apiRoot}/pipelines/:name/versions`,
    read(apiOperations.versions),
    async ({ params, query }, reply) => {
      parseQuery(queries.none, query);
      return json(reply, { versions: await host.using(params.name, (live) => live.versions()) });
    },
  );

  app.get<Named>(
    `${apiRoot}/pipelines/:name/configuration`,
    read(apiOperations.configuration),
    async ({ params, query }, reply) => {
      const { version } = parseQuery(queries.configuration, query);
      return json(reply, await host.using(params.name, (live) => live.configuration(version)));
    },
  );

  app.get<Named>(
    `${apiRoot}/pipelines/:name/outline`,
    read(apiOperations.outline),
    async ({ params, query }, reply) => {
      const given = parseQuery(queries.configuration, query);
      const outline = await host.using(params.name, async (live) => {
        const version = given.version ?? (await live.status()).version;
        return { version, outline: pipelineOutline(rebuildPipeline(await live.configuration(version))) };
      });
      return json(reply, outline);
    },
  );

  app.get<Named>(
    `${apiRoot}/pipelines/:name/report`,
    read(apiOperations.report),
    async ({ params, query, raw }, reply) => {
      const { start, end, within } = parseQuery(queries.report, query);
      const options = {
        ...(start !== undefined && { start }),
        ...(end !== undefined && { end }),
        // A text that is no number is refused by `compare`.
        ...(within !== undefined && { within: within as number }),
      };
      const signal = connectionSignal(raw.socket);
      return json(reply, await host.using(params.name, (live) => longReads.run(() => live.compare(options), signal)));
    },
  );

  // One deploy at a time: each loads all models of its pipeline.
  let deploying: Promise<unknown> = Promise.resolve();
  app.post<{ Body: Buffer | undefined }>(
    `${apiRoot}/pipelines`,
    admin(apiOperations.deploy),
    async (request, reply) => {
      const { models, ...given } = parseQuery(queries.deploy, request.query);
      requireJson(request.headers["content-type"]);
      const config = parseConfig((request.body ?? Buffer.alloc(0)).toString());
      if (models !== undefined && !localCommands.sent(request))
        throw new TargetError("SL6011", "the parameter 'models' is for commands on the server's own machine", {
          option: "models",
        });
      const log = loggedColumns(given);
      const work = deploying.then(async () => {
        const changed = { ...(log !== null && { log }), ...(models !== undefined && { models: resolve(models) }) };
        const target =
          log === null && models === undefined ? host.target : new LocalTargetImpl({ ...host.settings, ...changed });
        const live = await target.deploy(config);
        try {
          // A handle that is served has followed the deploy.
          if (!host.isServed(config.name)) await host.deployed(config.name);
          else host.noteChange();
          return await live.status();
        } finally {
          await live.close();
        }
      });
      deploying = work.catch(() => undefined);
      return json(reply.code(201), await work);
    },
  );

  app.post<Named>(
    `${apiRoot}/pipelines/:name/undeploy`,
    admin(apiOperations.undeploy),
    async ({ params, query }, reply) => {
      parseQuery(queries.none, query);
      await host.using(params.name, async (live) => {
        await live.undeploy();
        await host.removed(params.name);
      });
      return json(reply, { pipeline: params.name, state: "stopped" });
    },
  );
};

/** The option `log` of `local()`, from a URL. */
function loggedColumns(given: {
  readonly logExclude?: readonly string[] | undefined;
  readonly logRedact?: readonly string[] | undefined;
  readonly logMaxElements?: string | number | undefined;
}): ReturnType<typeof parseLoggedColumns> {
  const { logExclude, logRedact, logMaxElements } = given;
  const log: NonNullable<LocalOptions["log"]> = {
    ...(logExclude !== undefined && { exclude: logExclude.filter((name) => name !== "") }),
    ...(logRedact !== undefined && { redact: logRedact.filter((name) => name !== "") }),
    ...(logMaxElements !== undefined && {
      maxElements: logMaxElements === "none" ? null : (logMaxElements as number),
    }),
  };
  return Object.keys(log).length === 0 ? null : parseLoggedColumns(log);
}

function json(reply: FastifyReply, value: unknown): FastifyReply {
  return reply.type("application/json").send(writeJson(value));
}
