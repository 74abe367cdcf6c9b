import { ShapelineError } from "../../../dsl/errors.js";

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

/** Codes that do not mean a wrong request. Storage errors (SL7xxx) are 503: the same request may work later. */
const statuses: Readonly<Record<string, number>> = {
  SL6001: 503,
  SL6004: 504,
  SL6005: 504,
  SL6006: 504,
  SL6007: 404,
  SL6008: 409,
  SL6009: 503,
  SL6010: 409,
  SL6012: 404,
  SL6013: 503,
  SL6020: 503,
  SL7012: 400,
  SL7013: 400,
  SL7031: 400,
};
const tooLarge = ["SL5022", "SL5033"];

/** The answer to an error; null for one that is a fault of ours. */
export function httpProblem(error: unknown): HttpProblem | null {
  if (error instanceof HttpError) return { status: error.statusCode, message: error.message, headers: error.headers };
  if (error instanceof ShapelineError) {
    const { code, message } = error;
    const status = statuses[code] ?? (tooLarge.includes(code) ? 413 : code.startsWith("SL7") ? 503 : 400);
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
