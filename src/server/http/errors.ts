import { ShapelineError } from "../../../dsl/errors.js";
import { statusOfCode } from "../../api/http-status.js";

/** An error of the transport, not of a pipeline: a wrong method, a body that is too large, a missing token. */
export class HttpError extends Error {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(statusCode: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.statusCode = statusCode;
    this.headers = headers;
  }
}

/** How an error is answered. */
export interface HttpProblem {
  readonly status: number;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The code of our own errors. */
  readonly code?: string;
}

/** The answer to an error; null for one that is a fault of ours. */
export function httpProblem(error: unknown): HttpProblem | null {
  if (error instanceof HttpError) return { status: error.statusCode, message: error.message, headers: error.headers };
  if (error instanceof ShapelineError) {
    const { code, message } = error;
    const status = statusOfCode(code);
    return { status, message, code, headers: status === 503 ? { "retry-after": "1" } : {} };
  }
  return fastifyProblem(error);
}

/** Fastify's own errors: bodies that are too large, media types that no parser takes, and others of status 4xx. */
function fastifyProblem(error: unknown): HttpProblem | null {
  if (!(error instanceof Error) || !("statusCode" in error) || typeof error.statusCode !== "number") return null;
  const { statusCode, message } = error;
  return statusCode >= 400 && statusCode < 500 ? { status: statusCode, message, headers: {} } : null;
}
