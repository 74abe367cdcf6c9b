import { TargetError } from "../../../../dsl/errors.js";
import type { CallDeadline } from "../../../client/http/call-deadline.js";
import type { FetchResponse } from "../../../client/http/fetch.js";
import { joinParts } from "../../../client/http/send-request.js";
import { bounds, exceeded } from "../../../util/bounds.js";

/**
 * Reads a body whole.
 *
 * @throws TargetError SL6055 for a body that is cut off or larger than `limit` bytes, SL6004, SL6005
 */
export async function readBody(
  where: string,
  { body }: FetchResponse,
  deadline: CallDeadline,
  limit: number = bounds.platformAnswer.limit,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = body?.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  if (reader === undefined) return joinParts(parts, size);
  try {
    for (;;) {
      const { done, value } = await deadline.during(where, reader.read(), (cause) => {
        const text = `the answer was cut off after ${size} bytes; the connection broke`;
        return new TargetError("SL6055", `${where}: ${text}`, { bytes: size, isCutOff: true }, { cause });
      });
      if (done || value === undefined) return joinParts(parts, size);
      size += value.length;
      if (size > limit)
        throw new TargetError("SL6055", `${where}: ${exceeded({ ...bounds.platformAnswer, limit })}`, { limit });
      parts.push(value);
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}
