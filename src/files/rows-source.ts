import { constants, open } from "node:fs/promises";
import { InputError } from "../../dsl/errors.js";
import { systemErrorMessage } from "../util/error-message.js";
import { urlProblem } from "../util/files/url-problem.js";
import { formatBytes } from "./format-bytes.js";

/** Where rows come from. `name` stands in messages. */
export type RowsSource =
  { readonly name: string; readonly path: string } | { readonly name: string; readonly bytes: Uint8Array };

/** The content of a source, packed or not. */
export interface Content {
  /** The first bytes, or all. */
  readonly head: Uint8Array;
  /** The file that holds just these bytes; null if they are only in memory. */
  readonly path: string | null;
  /** Reads all bytes. */
  readonly whole: () => Promise<Uint8Array>;
}

/** A content whose file must be closed. */
export interface OpenedSource extends Content {
  readonly close: () => Promise<void>;
}

/** Bytes in memory as a content. */
export function contentOf(bytes: Uint8Array): Content {
  return { head: bytes, path: null, whole: () => Promise.resolve(bytes) };
}

const headBytes = 512;

/**
 * Opens a rows file without waiting for anything: a pipe, a folder, an empty file and one above the limit are refused.
 *
 * @throws InputError SL5030 for something that is not a readable file, SL5033 for one above `maxBytes`
 */
export async function openSource(source: RowsSource, maxBytes: number): Promise<OpenedSource> {
  if ("bytes" in source) {
    checkSize(source.name, source.bytes.length, maxBytes);
    return { ...contentOf(source.bytes), close: () => Promise.resolve() };
  }
  const { name, path } = source;
  const details = { file: name };
  const url = urlProblem(name);
  if (url !== null) throw new InputError("SL5030", `the rows file '${name}' ${url}`, details);
  const unreadable = (cause: unknown): InputError =>
    new InputError("SL5030", `the rows file '${name}' cannot be read: ${systemErrorMessage(cause)}`, details, {
      cause,
    });
  // Without O_NONBLOCK, opening a pipe waits for its writer.
  const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch((cause: unknown) => {
    throw unreadable(cause);
  });
  try {
    const stat = await handle.stat();
    if (stat.isDirectory())
      throw new InputError("SL5030", `the rows file '${name}' is a folder; give one of the files in it`, details);
    if (!stat.isFile())
      throw new InputError(
        "SL5030",
        `the rows file '${name}' is a pipe or a device, not a file; write the rows to a file, or give '-' to \`shapeline infer\` and the rows on standard input`,
        details,
      );
    checkSize(name, stat.size, maxBytes);
    const head = Buffer.alloc(Math.min(headBytes, stat.size));
    await handle.read(head, 0, head.length, 0);
    return {
      head,
      path,
      async whole() {
        try {
          const bytes = await handle.readFile();
          checkSize(name, bytes.length, maxBytes);
          return bytes;
        } catch (cause) {
          throw cause instanceof InputError ? cause : unreadable(cause);
        }
      },
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error instanceof InputError ? error : unreadable(error);
  }
}

function checkSize(name: string, size: number, maxBytes: number): void {
  if (size === 0)
    throw new InputError("SL5030", `the rows file '${name}' is empty; give a file with at least one row`, {
      file: name,
    });
  if (size > maxBytes) throw tooLarge(name, `it has ${formatBytes(size)}`, maxBytes);
}

/** @param found what was found: `it has 5 GB` */
export function tooLarge(name: string, found: string, maxBytes: number): InputError {
  return new InputError(
    "SL5033",
    `the rows file '${name}' is too large: ${found}, the limit is ${formatBytes(maxBytes)}; send the rows in several files, or raise the limit with maxBytes (--max-size)`,
    { file: name, limit: maxBytes },
  );
}
