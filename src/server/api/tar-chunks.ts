import { open, stat } from "node:fs/promises";
import { basename } from "node:path";
import { StorageError } from "../../../dsl/errors.js";

const blockBytes = 512;
const chunkBytes = 2 ** 18;

/**
 * Files as a tar archive, a part at a time.
 *
 * @param last a text that follows the files
 */
export async function* tarChunks(
  files: readonly string[],
  last: { readonly name: string; readonly text: string },
): AsyncGenerator<Uint8Array, void, undefined> {
  for (const file of files) {
    const { size } = await stat(file);
    yield header(basename(file), size);
    const handle = await open(file);
    try {
      for (let at = 0; at < size;) {
        const { bytesRead, buffer } = await handle.read(Buffer.alloc(Math.min(chunkBytes, size - at)), 0, null, at);
        if (bytesRead === 0)
          throw new StorageError(
            "SL7010",
            `the exported file '${file}' became shorter while it was sent; export again`,
          );
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
    yield padding(size);
  }
  const text = Buffer.from(last.text);
  yield Buffer.concat([header(last.name, text.length), text, padding(text.length), Buffer.alloc(2 * blockBytes)]);
}

function padding(size: number): Uint8Array {
  return new Uint8Array((blockBytes - (size % blockBytes)) % blockBytes);
}

/** A header of the format ustar. Names of 100 bytes or more stand in a pax header before it. */
function header(name: string, size: number): Buffer {
  const plain = block(name, size, "0");
  if (Buffer.byteLength(name) <= 100) return plain;
  const record = paxRecord("path", name);
  return Buffer.concat([block("name", record.length, "x"), record, padding(record.length), plain]);
}

/** `<length> path=<name>\n`; the length counts itself. */
function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest;
  while (length !== rest + String(length).length) length = rest + String(length).length;
  return Buffer.from(`${length} ${key}=${value}\n`);
}

function block(name: string, size: number, kind: "0" | "x"): Buffer {
  const bytes = Buffer.alloc(blockBytes);
  const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, "0")}\0`;
  bytes.write(Buffer.from(name).subarray(0, 100).toString("latin1"), 0, "latin1");
  bytes.write(octal(0o600, 8), 100);
  bytes.write(octal(0, 8), 108);
  bytes.write(octal(0, 8), 116);
  bytes.write(octal(size, 12), 124);
  bytes.write(octal(0, 12), 136);
  bytes.fill(" ", 148, 156);
  bytes.write(kind, 156);
  bytes.write("ustar\0" + "00", 257, "latin1");
  bytes.write(
    `${octal(
      bytes.reduce((sum, byte) => sum + byte, 0),
      7,
    )} `,
    148,
  );
  return bytes;
}
