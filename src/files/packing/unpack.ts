import { constants } from "node:buffer";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { InputError, ShapelineError } from "../../../dsl/errors.js";
import { errorSummary } from "../../util/error-message.js";
import { formatBytes } from "../format-bytes.js";
import { tooLarge } from "../rows-source.js";
import type { WantedRows } from "../wanted-rows.js";
import { UnpackedTooLargeError } from "./unpack-errors.js";
import { unpackZstdAside } from "./zstd.js";

const packings = { gzip: [0x1f, 0x8b], zstd: [0x28, 0xb5, 0x2f, 0xfd] } as const;

/** How a file as a whole is packed. */
export type Packing = keyof typeof packings;

/** The packing by the first bytes; null for a file that is not packed. */
export function packingOf(head: Uint8Array): Packing | null {
  const found = Object.entries(packings).find(([, magic]) => magic.every((byte, i) => head[i] === byte));
  return (found?.[0] as Packing | undefined) ?? null;
}

/**
 * Unpacks a file.
 *
 * @throws InputError SL5030 for damaged data, SL5033 if they unpack to more than `maxBytes`
 */
export async function unpack(
  packing: Packing,
  bytes: Uint8Array,
  name: string,
  { maxBytes, pace }: Pick<WantedRows, "maxBytes" | "pace">,
): Promise<Uint8Array> {
  let unpacked: Uint8Array;
  try {
    unpacked =
      packing === "gzip"
        ? await promisify(gunzip)(bytes, { maxOutputLength: Math.min(maxBytes, constants.MAX_LENGTH) })
        : await unpackZstdAside(bytes, maxBytes, pace);
  } catch (cause) {
    if (cause instanceof ShapelineError) throw cause;
    if (cause instanceof UnpackedTooLargeError || (cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE")
      throw tooLarge(name, `its ${formatBytes(bytes.length)} unpack to more`, maxBytes);
    throw new InputError(
      "SL5030",
      `'${name}' is not complete ${packing} data: ${errorSummary(cause)}; write the file again`,
      { file: name },
      { cause },
    );
  }
  if (unpacked.length === 0)
    throw new InputError("SL5030", `the rows file '${name}' unpacks to nothing; give a file with at least one row`, {
      file: name,
    });
  return unpacked;
}
