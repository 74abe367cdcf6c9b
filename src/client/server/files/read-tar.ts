import type { ApiConnection } from "../http.js";

const blockBytes = 512;
const decoder = new TextDecoder();

/** A file of an archive; its body must be read before the next one. */
export interface TarFile {
  readonly name: string;
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * The files of a tar archive as they arrive.
 *
 * @throws TargetError SL6055 for an archive that is damaged or cut off
 */
export async function* readTar(
  chunks: AsyncIterator<Uint8Array>,
  api: ApiConnection,
): AsyncGenerator<TarFile, void, undefined> {
  const source = new ByteSource(chunks, api);
  let longName: string | null = null;
  for (;;) {
    const header = await source.exactly(blockBytes);
    if (header.every((byte) => byte === 0)) return;
    const size = parseInt(textAt(header, 124, 12), 8);
    if (!Number.isSafeInteger(size) || size < 0) throw api.unexpected("the archive is damaged");
    const kind = textAt(header, 156, 1);
    if (kind === "x") {
      if (size > 64 * 1024) throw api.unexpected("the archive is damaged");
      longName = /^\d+ path=(.*)\n/s.exec(decoder.decode(await source.exactly(size)))?.[1] ?? null;
    } else {
      const name = longName ?? textAt(header, 0, 100);
      longName = null;
      yield { name, body: source.parts(size) };
    }
    await source.exactly((blockBytes - (size % blockBytes)) % blockBytes);
  }
}

function textAt(header: Uint8Array, from: number, length: number): string {
  const text = decoder.decode(header.subarray(from, from + length));
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}

/** Bytes that arrive in parts, taken in parts of other sizes. */
class ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #api: ApiConnection;
  #rest = new Uint8Array(0);

  constructor(chunks: AsyncIterator<Uint8Array>, api: ApiConnection) {
    this.#chunks = chunks;
    this.#api = api;
  }

  async exactly(size: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(size);
    let at = 0;
    for await (const part of this.parts(size)) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  async *parts(size: number): AsyncGenerator<Uint8Array, void, undefined> {
    for (let left = size; left > 0;) {
      if (this.#rest.length === 0) {
        const next: IteratorResult<Uint8Array, unknown> = await this.#chunks.next();
        if (next.done === true) throw this.#api.unexpected("its end is missing");
        this.#rest = next.value as Uint8Array<ArrayBuffer>;
        continue;
      }
      const part = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(part.length);
      left -= part.length;
      yield part;
    }
  }
}
