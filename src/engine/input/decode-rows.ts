import { tableFromIPC } from "apache-arrow";
import { InputError } from "../../../dsl/errors.js";
import { reason } from "../reason.js";

/**
 * A request from the bytes of a file: an Arrow table (IPC file or stream), or what the JSON text holds. The content decides.
 *
 * @param name how messages call it
 * @throws InputError SL5030 when it is neither
 */
export function decodeRows(bytes: Uint8Array, name: string): unknown {
  const arrow = isArrow(bytes);
  try {
    return arrow ? tableFromIPC(bytes) : JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new InputError("SL5030", `'${name}' is no ${arrow ? "whole Arrow IPC file" : "JSON array of records, and no Arrow IPC file either"}: ${reason(cause)}`, { file: name }, { cause });
  }
}

/** An Arrow file begins with its name, a stream with a continuation mark. */
function isArrow(bytes: Uint8Array): boolean {
  const begins = (...head: number[]) => head.every((byte, i) => bytes[i] === byte);
  return begins(0x41, 0x52, 0x52, 0x4f, 0x57, 0x31) || begins(0xff, 0xff, 0xff, 0xff);
}
