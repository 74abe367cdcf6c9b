import { type Table, tableFromIPC } from "apache-arrow";
import { errorMessage } from "../../../util/error-message.js";
import { damagedAnswer } from "../connection/platform-errors.js";

/** An Arrow file begins and ends with it. */
const magic = new TextEncoder().encode("ARROW1");

/**
 * Reads an Arrow file whole. Arrow's own reader takes an empty or cut file for one with fewer rows.
 *
 * @throws TargetError SL6055 for bytes that are no whole Arrow file
 */
export function readArrow(where: string, bytes: Uint8Array): Table {
  const [head, end] = [bytes.subarray(0, magic.length), bytes.subarray(-magic.length)];
  const isWhole = magic.every((byte, i) => head[i] === byte && end[i] === byte) && bytes.length > 2 * magic.length;
  if (!isWhole) throw damagedAnswer(where, `it is no Arrow file, or the file is cut off after ${bytes.length} bytes`);
  try {
    return tableFromIPC(bytes);
  } catch (cause) {
    throw damagedAnswer(where, `it is no Arrow file: ${errorMessage(cause)}`, cause);
  }
}
