import type { FastifyInstance } from "fastify";
import { deflate, gunzip, gunzipSync, gzip, inflate, inflateSync, type InputType, type ZlibOptions } from "node:zlib";
import { promisify } from "node:util";
import { HttpError } from "../http/errors.js";
import type { ServerSettings } from "../options.js";

const unpackers: Readonly<Record<string, (input: InputType, options: ZlibOptions) => Promise<Buffer>>> = {
  gzip: promisify<InputType, ZlibOptions, Buffer>(gunzip),
  deflate: promisify<InputType, ZlibOptions, Buffer>(inflate),
};
const packers: Readonly<Record<string, (input: InputType, options: ZlibOptions) => Promise<Buffer>>> = {
  gzip: promisify<InputType, ZlibOptions, Buffer>(gzip),
  deflate: promisify<InputType, ZlibOptions, Buffer>(deflate),
};

/**
 * Takes the bodies of requests as bytes, whatever their content type says, because clients send none or others; and
 * unpacks gzip and deflate, as much as the body of a request may have.
 */
export function takeBytes(app: FastifyInstance, { maxBodyBytes }: Pick<ServerSettings, "maxBodyBytes">): void {
  // Also those that are no content type at all, which Fastify refuses.
  app.addHook("onRequest", (request, _, done) => {
    request.raw.headers["content-type"] = undefined;
    done();
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (request, body: Buffer, done) => {
    const encoding = request.headers["content-encoding"]?.trim().toLowerCase();
    if (encoding === undefined || encoding === "" || encoding === "identity") return done(null, body);
    unpacked(encoding, body, maxBodyBytes).then(
      (bytes) => done(null, bytes),
      (error: unknown) => done(error as Error),
    );
  });
}

/** Bodies that unpack to little are unpacked at once: the way to a thread and back takes longer. */
const smallBytes = 8 * 1024;
const mostSmallBytes = 128 * 1024;

/** Null for a body that unpacks to much, or is damaged. */
function unpackSmall(encoding: string, body: Buffer, maxBytes: number): Buffer | null {
  try {
    return (encoding === "deflate" ? inflateSync : gunzipSync)(body, {
      maxOutputLength: Math.min(maxBytes, mostSmallBytes),
    });
  } catch {
    return null;
  }
}

/** @throws HttpError 415 for another encoding, 413 for too much, 400 for damaged data */
async function unpacked(encoding: string, body: Buffer, maxBytes: number): Promise<Buffer> {
  const unpack = unpackers[encoding === "x-gzip" ? "gzip" : encoding];
  if (unpack === undefined)
    throw new HttpError(415, `the content encoding '${encoding}' is not supported; use gzip or deflate`);
  const small = body.length <= smallBytes ? unpackSmall(encoding, body, maxBytes) : null;
  if (small !== null) return small;
  try {
    return await unpack(body, { maxOutputLength: maxBytes });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE")
      throw new HttpError(
        413,
        `the body unpacks to more than ${maxBytes} bytes; send fewer rows at a time, or raise the server's maxBody (--max-body)`,
      );
    throw new HttpError(400, `the body is no whole ${encoding} data: ${cause instanceof Error ? cause.message : ""}`);
  }
}

/** Shorter answers are not packed: it takes longer than sending them. */
const leastPackedBytes = 1024;

/** The encoding that a client asks for and that an answer of this size gets; null: as it is. */
export function answerEncoding(accepted: string | undefined, bytes: number): "gzip" | "deflate" | null {
  if (accepted === undefined || bytes < leastPackedBytes) return null;
  const weights = new Map<string, number>();
  for (const part of accepted.toLowerCase().split(",")) {
    const [name = "", ...parameters] = part.split(";").map((text) => text.trim());
    const q = parameters.find((parameter) => parameter.startsWith("q="));
    weights.set(name, q === undefined ? 1 : Number(q.slice(2)));
  }
  const weightOf = (name: string): number => weights.get(name) ?? weights.get("*") ?? 0;
  const [gzipped, deflated] = [weightOf("gzip"), weightOf("deflate")];
  if (gzipped > 0 && gzipped >= deflated) return "gzip";
  return deflated > 0 ? "deflate" : null;
}

/** Packs fast rather than small: answers are tensors, which hardly get smaller with more work. */
export function packed(encoding: "gzip" | "deflate", body: string | Buffer): Promise<Buffer> {
  return (packers[encoding] as (typeof packers)[string])(body, { level: 1 });
}
