import { connect } from "node:net";
import { bounds } from "../../util/bounds.js";
import { packedLength, packedTextLength } from "./packed-value.js";

export type OwnerMethod = "owner" | "versions" | "pipelines" | "layouts" | "readLog" | "compare";

/** The first version answered in the format of `v8.serialize`. */
export const protocolVersion = 2;
/** One answer has at most this much of the log: the owner has other work. */
export const pageRows = 2000;
export const pageBytes = 8 * 2 ** 20;
/** Milliseconds in which an answer must arrive once it has begun. */
const transferMs = 60_000;
/** Why a request has no answer: `closed`: no process listens; `broken`: something answers that is no owner. */
export type NoAnswer = "timeout" | "closed" | "broken";

/**
 * Sends a request and returns the packed bytes of its answer, without reading more than they announce.
 *
 * @param timeout milliseconds until the answer must begin
 */
export function sendRequest(path: string, request: object, timeout: number): Promise<Buffer | NoAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ path, allowHalfOpen: true });
    const parts: Buffer[] = [];
    let received = 0;
    let expected: number | null = null;
    // A limit on the whole message: one on the pauses would let a peer send one byte a second without end.
    let deadline = setTimeout(() => finish("timeout"), timeout);
    const finish = (answer: Buffer | NoAnswer) => {
      clearTimeout(deadline);
      socket.destroy();
      resolve(answer);
    };
    socket.on("error", () => finish(received === 0 ? "closed" : "broken"));
    socket.on("data", (part: Buffer) => {
      if (received === 0) {
        clearTimeout(deadline);
        deadline = setTimeout(() => finish("timeout"), transferMs);
      }
      parts.push(part);
      received += part.byteLength;
      try {
        if (expected === null) {
          const start = Buffer.concat(parts);
          parts.splice(0, parts.length, start);
          expected = packedLength(start);
        }
      } catch {
        return finish("broken");
      }
      const text = expected === null ? 0 : packedTextLength(parts[0] as Buffer);
      if (Math.max(received, expected ?? 0) > bounds.ownerAnswer.limit || text > bounds.ownerAnswerText.limit)
        finish("broken");
      else if (expected !== null && received >= expected)
        finish(received === expected ? Buffer.concat(parts) : "broken");
    });
    socket.on("close", () => finish(received === 0 ? "closed" : "broken"));
    socket.end(JSON.stringify(request));
  });
}
