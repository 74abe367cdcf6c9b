import type { FastifyInstance } from "fastify";
import { httpProblem } from "../http/errors.js";

/** An error in the form of the platform's REST calls: `{ code, msg }`. */
export class PlatformError extends Error {
  readonly statusCode: number;

  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

export const notFound = (what: string): PlatformError => new PlatformError(404, `${what} does not exist here`);

/** The status and text of any error; null for a fault of ours. */
export function platformProblem(error: unknown): { readonly status: number; readonly message: string } | null {
  if (error instanceof PlatformError) return { status: error.statusCode, message: error.message };
  return httpProblem(error);
}

export const faultMessage = "the server failed on this request; its log says more";

/** Answers the errors of a scope's routes as `{ code, msg }`. */
export function answerPlatformErrors(scope: FastifyInstance): void {
  scope.setErrorHandler(async (error, request, reply) => {
    const problem = platformProblem(error);
    if (problem === null) request.log.error({ err: error }, "a fault of the server");
    const { status, message } = problem ?? { status: 500, message: faultMessage };
    return reply.code(status).send({ code: status, msg: message });
  });
}
