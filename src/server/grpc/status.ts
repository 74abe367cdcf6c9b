import { httpProblem } from "../http/errors.js";

/** Codes of gRPC. */
const codes = {
  CANCELLED: 1,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

/** The code that says what a status of HTTP says. Others that a client caused are INVALID_ARGUMENT. */
const codesOfStatuses: Readonly<Record<number, keyof typeof codes>> = {
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  409: "FAILED_PRECONDITION",
  413: "RESOURCE_EXHAUSTED",
  429: "RESOURCE_EXHAUSTED",
  500: "INTERNAL",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};

/** Clients refuse headers of more than about 8 kB, and the text is sent as one, with percent signs. */
const mostCharacters = 2000;

export interface GrpcStatus {
  readonly code: number;
  readonly details: string;
}

/** The status of a call that failed, as HTTP answers the same error. `onFault` learns of faults of the server. */
export function grpcStatus(error: unknown, onFault: (error: unknown) => void): GrpcStatus {
  const problem = httpProblem(error);
  if (problem === null) onFault(error);
  const { status, message } = problem ?? { status: 500, message: "the server failed on this request" };
  const cut = message.length > mostCharacters ? `${message.slice(0, mostCharacters)} …` : message;
  // Half of a surrogate pair cannot be sent.
  return { code: codes[codesOfStatuses[status] ?? "INVALID_ARGUMENT"], details: Buffer.from(cut).toString() };
}
