import { DamagedDataError } from "../packing/unpack-errors.js";

const code = (char: string): number => char.charCodeAt(0);
const [quote, backslash, comma] = [code('"'), code("\\"), code(",")];
const [openList, closeList, openObject, closeObject] = [code("["), code("]"), code("{"), code("}")];

/**
 * Divides the bytes of a JSON list into parts of whole elements, so that a long list is not parsed at once. The parts
 * are only delimited here: parsing `[` + part + `]` finds every other fault.
 *
 * @param start where the list opens
 * @param size the least bytes of a part
 * @throws DamagedDataError for a list that does not end, has an empty last element, or is followed by something
 */
export function* listParts(bytes: Uint8Array, start: number, size: number): Generator<Uint8Array> {
  let depth = 0;
  let from = start + 1;
  let at = start;
  for (; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === quote) {
      do {
        at = bytes.indexOf(quote, at + 1);
        if (at < 0) throw new DamagedDataError("a text does not end");
      } while (isEscaped(bytes, at));
    } else if (byte === openList || byte === openObject) depth++;
    else if (byte === closeList || byte === closeObject) {
      if (--depth === 0) break;
    } else if (byte === comma && depth === 1 && at - from >= size) {
      yield bytes.subarray(from, at);
      from = at + 1;
    }
  }
  if (bytes[at] !== closeList) throw new DamagedDataError("the list does not end");
  if (bytes.subarray(at + 1).some((byte) => byte > 0x20)) throw new DamagedDataError("something follows the list");
  const last = bytes.subarray(from, at);
  if (from > start + 1 && last.every((byte) => byte <= 0x20)) throw new DamagedDataError("its last element is empty");
  yield last;
}

/** Whether an odd number of backslashes stands before a quote. */
function isEscaped(bytes: Uint8Array, at: number): boolean {
  let first = at;
  while (bytes[first - 1] === backslash) first--;
  return (at - first) % 2 === 1;
}
