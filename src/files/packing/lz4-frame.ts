import { DamagedDataError, UnpackedTooLargeError } from "./unpack-errors.js";

// The LZ4 frame format, as Arrow files hold it: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md

const magic = 0x184d2204;

/**
 * Unpacks one or more LZ4 frames. Checksums are not verified.
 *
 * @param size the size of the unpacked data, which must be exact
 * @throws UnpackedTooLargeError if there are more; DamagedDataError
 */
export function unpackLz4(bytes: Uint8Array, size: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // A byte gives at most 255: a larger size is false, and need not be allocated.
  if (size > bytes.length * 255)
    throw new DamagedDataError(`${bytes.length} bytes cannot unpack to the ${size} that are stated`);
  const out = new Uint8Array(size);
  let at = 0;
  let end = 0;
  while (at < bytes.length) {
    if (view.getUint32(at, true) !== magic) throw new DamagedDataError("no LZ4 frame");
    const flags = view.getUint8(at + 4);
    if (flags >> 6 !== 1) throw new DamagedDataError(`LZ4 frame version ${flags >> 6}`);
    if ((flags & 1) !== 0) throw new DamagedDataError("an LZ4 dictionary is needed");
    const [blockChecksum, contentSize, contentChecksum] = [flags & 0x10, flags & 0x08, flags & 0x04];
    at += 7 + (contentSize === 0 ? 0 : 8);
    for (;;) {
      const header = view.getUint32(at, true);
      at += 4;
      if (header === 0) break;
      const length = header & 0x7fffffff;
      if (at + length > bytes.length) throw new DamagedDataError("an LZ4 block ends outside the data");
      const block = bytes.subarray(at, at + length);
      end = header >>> 31 === 1 ? copyBlock(block, out, end) : unpackBlock(block, out, end);
      at += length + (blockChecksum === 0 ? 0 : 4);
    }
    at += contentChecksum === 0 ? 0 : 4;
  }
  if (end !== size) throw new DamagedDataError(`${end} bytes where ${size} are stated`);
  return out;
}

function copyBlock(block: Uint8Array, out: Uint8Array, at: number): number {
  if (at + block.length > out.length) throw new UnpackedTooLargeError();
  out.set(block, at);
  return at + block.length;
}

/** Sequences of literals and copies of earlier output. Returns the end of the output. */
function unpackBlock(block: Uint8Array, out: Uint8Array, start: number): number {
  let from = 0;
  let to = start;
  while (from < block.length) {
    const token = block[from++] ?? 0;
    let literals = token >> 4;
    if (literals === 15) {
      let more: number;
      do literals += more = block[from++] ?? 0;
      while (more === 255);
    }
    if (from + literals > block.length) throw new DamagedDataError("an LZ4 block is damaged");
    if (to + literals > out.length) throw new UnpackedTooLargeError();
    out.set(block.subarray(from, from + literals), to);
    from += literals;
    to += literals;
    // The last sequence has literals only.
    if (from === block.length) return to;
    const distance = (block[from] ?? 0) | ((block[from + 1] ?? 0) << 8);
    from += 2;
    let length = token & 15;
    if (length === 15) {
      let more: number;
      do length += more = block[from++] ?? 0;
      while (more === 255);
    }
    length += 4;
    if (from >= block.length || distance === 0 || distance > to) throw new DamagedDataError("an LZ4 block is damaged");
    if (to + length > out.length) throw new UnpackedTooLargeError();
    // A copy may overlap its own output, so it repeats the last `distance` bytes.
    if (distance >= length) out.copyWithin(to, to - distance, to - distance + length);
    else for (let i = 0; i < length; i++) out[to + i] = out[to + i - distance] ?? 0;
    to += length;
  }
  return to;
}
