import { Decompress } from "fzstd";
import { promisify } from "node:util";
import * as zlib from "node:zlib";
import { bounds } from "../../util/bounds.js";
import type { ReadingPace } from "../reading-pace.js";
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

/** As `unpackZstd`, beside the event loop or in parts of it. */
export async function unpackZstdAside(bytes: Uint8Array, maxBytes: number, pace: ReadingPace): Promise<Uint8Array> {
  const { zstdDecompress } = zlib as {
    readonly zstdDecompress?: (
      bytes: Uint8Array,
      options: { readonly maxOutputLength: number },
      done: (error: Error | null, unpacked: Buffer) => void,
    ) => void;
  };
  if (zstdDecompress !== undefined) return promisify(zstdDecompress)(bytes, { maxOutputLength: Math.max(maxBytes, 1) });
  const decoder = javaScriptDecoder(bytes, maxBytes);
  while (decoder.next()) if (pace.isDue()) await pace.rest();
  return decoder.finish();
}

function unpackInJavaScript(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const decoder = javaScriptDecoder(bytes, maxBytes);
  while (decoder.next());
  return decoder.finish();
}

/** `next` unpacks some bytes and tells whether there are more. */
function javaScriptDecoder(
  bytes: Uint8Array,
  maxBytes: number,
): { readonly next: () => boolean; readonly finish: () => Uint8Array } {
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
  let at = 0;
  return {
    next() {
      decoder.push(bytes.subarray(at, at + step), at + step >= bytes.length);
      at += step;
      return at < bytes.length;
    },
    finish() {
      if (!ended) throw new DamagedDataError("unexpected end of the data");
      return Buffer.concat(parts, size);
    },
  };
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
