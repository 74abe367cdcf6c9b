import { TargetError } from "../../../dsl/errors.js";
import { apiAnswer, exceeded } from "../../util/quantities/bound.js";
import { parseJsonExact } from "../../util/json/parse-json-exact.js";
import { isRecord } from "../../util/objects.js";
import { CallDeadline } from "../http/call-deadline.js";
import type { BodyReader, FetchResponse } from "../http/fetch.js";
import { joinParts, sendRequest } from "../http/send-request.js";
import type { ServerTargetSettings } from "./options.js";

/** Milliseconds for what the server does without running models: the log of a large folder may take longer. */
const controlTimeoutMs = 600_000;
/** The server has its own deadline; its error says more than ours, so ours comes later. */
const graceMs = 2000;

/** One request. */
export interface ApiRequest {
  readonly path: string;
  /** A GET without. */
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly method?: "GET" | "POST";
  readonly query?: Readonly<Record<string, unknown>>;
  readonly type?: string;
  readonly accept?: string;
  readonly timeoutMs?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** An answer whose body is still to be read. */
export interface ApiAnswer {
  readonly type: string;
  readonly header: (name: string) => string | null;
  /** The parts of the body as they arrive. Ends the request when the loop ends. */
  readonly chunks: AsyncGenerator<Uint8Array, void, undefined>;
}

/** Sends requests to a server's own API. */
export class ApiConnection {
  readonly settings: ServerTargetSettings;

  constructor(settings: ServerTargetSettings) {
    this.settings = settings;
  }

  /** @throws as `stream`; TargetError SL6055 for an answer that is no JSON */
  async json(request: ApiRequest): Promise<Readonly<Record<string, unknown>>> {
    return this.parse(await this.bytes(request));
  }

  /** @throws as `stream`; TargetError SL6055 for an answer that is too large */
  async bytes(request: ApiRequest): Promise<Uint8Array> {
    return this.collect(await this.stream(request));
  }

  /** @throws TargetError SL6055 for an answer that is too large or cut off */
  collect(answer: ApiAnswer): Promise<Uint8Array> {
    return collect(this.#where, answer);
  }

  /** @throws TargetError SL6055 for bytes that are no JSON object */
  parse(bytes: Uint8Array): Readonly<Record<string, unknown>> {
    try {
      const value = parseJsonExact(new TextDecoder().decode(bytes), true);
      if (isRecord(value)) return value;
    } catch (cause) {
      throw this.unexpected("it is no JSON", cause);
    }
    throw this.unexpected("it is no JSON object");
  }

  /** The error for an answer that is not what the API says. */
  unexpected(what: string, cause?: unknown): TargetError {
    return new TargetError(
      "SL6055",
      `${this.#where}: the answer is not understood: ${what}; check that the url is that of \`shapeline serve\`, of the same version`,
      {},
      { cause },
    );
  }

  /**
   * Sends a request and reads its body as it arrives.
   *
   * @throws the error that the server answers, of the same class; TargetError SL6050 to SL6055, SL6004, SL6005
   */
  async stream(request: ApiRequest): Promise<ApiAnswer> {
    const { fetch, headers, hasToken, url } = this.settings;
    const { path, body, method = body === undefined ? "GET" : "POST", query = {}, type, accept, signal } = request;
    const { timeoutMs = controlTimeoutMs } = request;
    const where = this.#where;
    const isNumber = typeof timeoutMs === "number" && timeoutMs > 0;
    const deadline = new CallDeadline(isNumber ? timeoutMs + graceMs : controlTimeoutMs, signal);
    let isStreaming = false;
    try {
      const init = {
        method,
        headers: {
          accept: accept ?? "application/json",
          ...(type !== undefined && { "content-type": type }),
          ...headers,
        },
        ...(body !== undefined && { body }),
      };
      const response = await sendRequest(where, fetch, `${url}${path}${queryText(query)}`, init, deadline);
      const { status } = response;
      const answer = {
        type: response.headers.get("content-type")?.split(";")[0] ?? "",
        header: (name: string) => response.headers.get(name),
        chunks: readChunks(where, response, deadline),
      };
      if (status < 200 || status > 299) throw await this.#failure(status, answer, hasToken);
      isStreaming = true;
      return answer;
    } finally {
      if (!isStreaming) deadline.end();
    }
  }

  async #failure(status: number, answer: ApiAnswer, hadToken: boolean): Promise<Error> {
    const body = await collect(this.#where, answer).catch(() => new Uint8Array(0));
    const { answerError } = await import("./answer-errors.js");
    return answerError(this.#where, status, new TextDecoder().decode(body), hadToken);
  }

  get #where(): string {
    return this.settings.url;
  }
}

async function* readChunks(
  where: string,
  { body }: FetchResponse,
  deadline: CallDeadline,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = body?.getReader();
  let size = 0;
  try {
    if (reader === undefined) return;
    for (;;) {
      const { done, value } = await readChunk(reader, size, where, deadline);
      if (done || value === undefined) return;
      size += value.length;
      yield value;
    }
  } finally {
    deadline.end();
    reader?.cancel().catch(() => undefined);
  }
}

function readChunk(reader: BodyReader, size: number, where: string, deadline: CallDeadline) {
  return deadline.during(
    where,
    reader.read(),
    (cause) =>
      new TargetError(
        "SL6055",
        `${where}: the answer was cut off after ${size} bytes; send the request again, and read the server's log if it happens again`,
        { bytes: size },
        { cause },
      ),
  );
}

async function collect(where: string, { chunks }: ApiAnswer): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > apiAnswer.limit)
      throw new TargetError("SL6055", `${where}: ${exceeded(apiAnswer)}`, {
        limit: apiAnswer.limit,
      });
    parts.push(chunk);
  }
  return joinParts(parts, size);
}

/** A URL's query. Lists are repeated parameters; dates are ISO 8601; other values as the server reads them. */
function queryText(query: Readonly<Record<string, unknown>>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined)
      for (const each of Array.isArray(value) ? (value as unknown[]) : [value])
        parameters.append(
          name,
          each instanceof Date && !Number.isNaN(each.getTime()) ? each.toISOString() : textOf(each),
        );
  const text = parameters.toString();
  return text === "" ? "" : `?${text}`;
}

function textOf(value: unknown): string {
  return typeof value === "object" && value !== null && !(value instanceof Date)
    ? JSON.stringify(value)
    : String(value);
}
