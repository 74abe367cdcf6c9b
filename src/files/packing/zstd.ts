import { Decompress } from "fzstd";
import * as zlib from "node:zlib";
import { bounds } from "../../util/bounds.js";
import { DamagedDataError, UnpackedTooLargeError } from "./unpack-errors.js";

/**
 * Unpacks zstd frames. Node from 22.15 has its own decoder; older releases use one in JavaScript.
 *
 * @throws UnpackedTooLargeError above `maxBytes`; DamagedDataError
 */
export function unpackZstd(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const { zstdDecompressSync } = zlib as {
    readonly zstdDecompressSync?: (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Buffer;
  };
  if (zstdDecompressSync === undefined) return unpackInJavaScript(bytes, maxBytes);
  try {
    return zstdDecompressSync(bytes, { maxOutputLength: Math.max(maxBytes, 1) });
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE" ? new UnpackedTooLargeError() : error;
  }
}

function unpackInJavaScript(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let size = 0;
  let ended = false;
  const decoder = new Decompress((part, final) => {
    size += part.length;
    if (size > maxBytes) throw new UnpackedTooLargeError();
    parts.push(part);
    ended ||= final === true;
  });
  const step = 2 ** 16;
  checkWindow(bytes);
  for (let at = 0; at < bytes.length; at += step)
    decoder.push(bytes.subarray(at, at + step), at + step >= bytes.length);
  if (!ended) throw new DamagedDataError("unexpected end of the data");
  return Buffer.concat(parts, size);
}

/** Reads the window size from a frame header: https://datatracker.ietf.org/doc/html/rfc8878#section-3.1.1.1 */
function checkWindow(bytes: Uint8Array): void {
  const descriptor = bytes[4] ?? 0;
  const singleSegment = (descriptor & 0x20) !== 0;
  if (singleSegment) return;
  const window = bytes[5] ?? 0;
  const base = 2 ** (10 + (window >> 3));
  if (base + (base / 8) * (window & 7) > bounds.zstdWindow.limit)
    throw new DamagedDataError("its window is larger than 128 MiB");
}
