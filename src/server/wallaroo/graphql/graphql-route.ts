import type { FastifyInstance, FastifyPluginCallback } from "fastify";
import { GraphQLError, Kind, OperationTypeNode, type DocumentNode, parse } from "graphql";
import { TargetError } from "../../../../dsl/errors.js";
import { bounds } from "../../../util/bounds.js";
import { errorSummary } from "../../../util/error-message.js";
import { isRecord } from "../../../util/objects.js";
import { optionalPackage } from "../../../util/process/require-package.js";
import type { ControlPlane } from "../control-plane.js";
import { faultMessage, platformProblem } from "../errors.js";
import type { Callers } from "../callers.js";
import { readJson } from "../read-json.js";
import { checkDocument } from "./document-bounds.js";
import { resolvers } from "./resolvers.js";
import { schemaText } from "./schema.js";

interface Execution {
  readonly data?: unknown;
  readonly errors?: readonly GraphQLError[];
}

interface Graphql {
  graphql(source: string, context: object, variables: object | null, operation: string | null): Promise<Execution>;
}

/** Documents that were checked already: clients send few different ones. */
const maxChecked = 200;

/** `POST /v1/graphql`. */
export async function registerGraphql(scope: FastifyInstance, plane: ControlPlane, callers: Callers): Promise<void> {
  const mercurius = optionalPackage("mercurius") as FastifyPluginCallback<Readonly<Record<string, unknown>>> | null;
  if (mercurius === null)
    throw new TargetError(
      "SL6000",
      "the platform's interface needs the package 'mercurius'; install it with `npm install mercurius @fastify/multipart`",
    );
  await scope.register(mercurius, {
    ...{ schema: schemaText(), resolvers: resolvers(), routes: false, jit: 0 },
    // `shown` formats errors; mercurius's own formatter needs the context of its routes.
    errorFormatter: ({ data, errors }: Execution) => ({ statusCode: 200, response: { data: data ?? null, errors } }),
  });
  const { graphql } = scope as unknown as { readonly graphql: Graphql["graphql"] };
  const checked = new Map<string, DocumentNode>();
  const check = (text: string): DocumentNode => {
    let document = checked.get(text);
    if (document !== undefined) return document;
    document = parse(text, { maxTokens: bounds.graphqlTokens.limit, noLocation: true });
    checkDocument(document);
    if (checked.size >= maxChecked) checked.delete(checked.keys().next().value as string);
    checked.set(text, document);
    return document;
  };
  scope.post<{ Body: Buffer | undefined }>(
    "/v1/graphql",
    { config: { role: "read" }, bodyLimit: bounds.graphqlBody.limit },
    async (request, reply) => {
      callers.note(request);
      const { query, variables, operationName } = readBody(request.body);
      if (typeof query !== "string") return reply.code(400).send(failure("the body has no document 'query'"));
      try {
        const document = check(query);
        const changes = document.definitions.some(
          (node) => node.kind === Kind.OPERATION_DEFINITION && node.operation !== OperationTypeNode.QUERY,
        );
        if (changes) callers.requireAdmin(request);
      } catch (error) {
        const problem = platformProblem(error);
        if (problem !== null) return reply.code(problem.status).send(failure(problem.message));
        return reply.send(failure(error instanceof GraphQLError ? error.message : errorSummary(error)));
      }
      try {
        const context = {
          plane: plane.seenBy(callers.memberOf(request)),
          user: callers.userOf(request),
          log: request.log,
        };
        const answer = await graphql(query, context, isRecord(variables) ? variables : {}, text(operationName));
        if (answer.errors === undefined || answer.errors.length === 0) return await reply.send({ data: answer.data });
        return await reply.send({
          data: answer.data ?? null,
          errors: answer.errors.map((error) => shown(error, request.log)),
        });
      } catch (error) {
        const errors = (error as { readonly errors?: readonly GraphQLError[] }).errors;
        if (!Array.isArray(errors)) throw error;
        return reply.send({
          data: null,
          errors: (errors as readonly GraphQLError[]).map((each) => shown(each, request.log)),
        });
      }
    },
  );
}

const text = (value: unknown): string | null => (typeof value === "string" ? value : null);

function readBody(body: Buffer | undefined): Readonly<Record<string, unknown>> {
  const value = readJson(body);
  return isRecord(value) ? value : {};
}

function failure(message: string): unknown {
  return { errors: [{ message, extensions: { code: "validation-failed" } }] };
}

/** What a client sees of an error: our own messages and those of the validation, but nothing of a fault. */
function shown(error: GraphQLError, log: { error: (what: object, message: string) => void }): unknown {
  const cause = error.originalError;
  if (cause === undefined || cause === null) return { message: error.message };
  const problem = platformProblem(cause);
  if (problem === null) log.error({ err: cause }, "a fault of the server");
  return { message: problem?.message ?? faultMessage, ...(error.path !== undefined && { path: error.path }) };
}
