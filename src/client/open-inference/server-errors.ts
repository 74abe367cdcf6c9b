import type { ErrorCode } from "../../../dsl/errors.js";
import { TargetError } from "../../../dsl/errors.js";
import { serverWords } from "../http/server-words.js";

interface Sentence {
  readonly code: ErrorCode;
  readonly text: string;
}

/** An answer whose status is no success. */
export interface FailedAnswer {
  readonly status: number;
  /** The header Retry-After. */
  readonly retryAfter: string | null;
  readonly body: Uint8Array;
  /** Whether the request had a token, and whether its tensors were binary. */
  readonly hadToken: boolean;
  readonly wasBinary: boolean;
}

/** The error for a status that is no success, with the server's words at its end. */
export function httpError(where: string, { status, retryAfter, body, hadToken, wasBinary }: FailedAnswer): TargetError {
  const { code, text } = sentence(status, hadToken, wasBinary, retryAfter);
  const words = serverWords(new TextDecoder().decode(body));
  const retryAfterMs = milliseconds(retryAfter);
  return new TargetError(code, `${where}: ${text} (${status})${words === "" ? "" : `; the server says: ${words}`}`, {
    status,
    ...(retryAfterMs !== null && { retryAfterMs }),
  });
}

function sentence(status: number, hasToken: boolean, isBinary: boolean, retryAfter: string | null): Sentence {
  switch (status) {
    case 401:
      return {
        code: "SL6051",
        text: hasToken
          ? "the server does not accept the token; give a valid one with openInference({ token })"
          : "the server needs a token; give one with openInference({ token }), or other credentials with openInference({ headers })",
      };
    case 403:
      return {
        code: "SL6051",
        text: "the server does not allow this with these credentials; use those of another role",
      };
    case 404:
      return {
        code: "SL6007",
        text: "the server has no such model; check the url, and the model's name and version on the server: connect(…, { model, version })",
      };
    case 413:
      return { code: "SL6053", text: "the request is larger than the server takes; send fewer rows at a time" };
    case 429:
      return { code: "SL6013", text: `the server has too many requests; ${retryText(retryAfter)}` };
    case 503:
      return { code: "SL6052", text: `the server is not ready or is overloaded; ${retryText(retryAfter)}` };
    case 504:
      return {
        code: "SL6004",
        text: "the server's own time ran out; send fewer rows at a time, or let the server take longer",
      };
    default:
  }
  const binary = isBinary
    ? "; its tensors were binary, which not every server takes: MLServer wants JSON, which has no float16, NaN and infinities"
    : "";
  return status >= 500
    ? { code: "SL6054", text: `the server failed${binary === "" ? "; its log has more" : binary}` }
    : { code: "SL6053", text: `the server refuses the request${binary}` };
}

function retryText(retryAfter: string | null): string {
  const ms = milliseconds(retryAfter);
  return ms === null ? "retry later" : `retry after ${Math.ceil(ms / 1000)} s (Retry-After)`;
}

/** The header's seconds or date as milliseconds from now; null if there is none. */
function milliseconds(retryAfter: string | null): number | null {
  if (retryAfter === null) return null;
  const seconds = /^\d{1,9}$/.test(retryAfter.trim()) ? Number(retryAfter) : NaN;
  const ms = Number.isNaN(seconds) ? Date.parse(retryAfter) - Date.now() : seconds * 1000;
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}
