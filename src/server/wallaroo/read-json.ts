import { bounds, exceeded } from "../../util/bounds.js";
import { errorSummary } from "../../util/error-message.js";
import { PlatformError } from "./errors.js";

const [quote, backslash] = [0x22, 0x5c];
const opening = [0x5b, 0x7b];
const closing = [0x5d, 0x7d];

/**
 * Parses the JSON body of a call; an empty one is `{}`. What is nested too deeply is refused before it is parsed,
 * because the checks of a body, and writing it back, call themselves at each level.
 *
 * @throws PlatformError 400
 */
export function readJson(body: Buffer | undefined): unknown {
  const bytes = body ?? Buffer.alloc(0);
  if (isDeeperThan(bytes, bounds.platformDepth.limit)) throw new PlatformError(400, exceeded(bounds.platformDepth));
  try {
    return JSON.parse(bytes.toString() || "{}") as unknown;
  } catch (error) {
    throw new PlatformError(400, `the body is not complete JSON: ${errorSummary(error)}`);
  }
}

function isDeeperThan(bytes: Uint8Array, limit: number): boolean {
  let depth = 0;
  let isText = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (isText) {
      if (byte === backslash) i++;
      else if (byte === quote) isText = false;
    } else if (byte === quote) isText = true;
    else if (opening.includes(byte)) {
      if (++depth > limit) return true;
    } else if (closing.includes(byte)) depth--;
  }
  return false;
}
