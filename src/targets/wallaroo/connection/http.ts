import type { TargetError } from "../../../../dsl/errors.js";
import { CallDeadline } from "../../../client/http/call-deadline.js";
import { sendRequest } from "../../../client/http/send-request.js";
import type { WallarooSettings } from "../options.js";
import type { PlatformFetch } from "../public-types.js";
import { type Credentials, openCredentials } from "./credentials.js";
import { damagedAnswer, platformError, wordsOf } from "./platform-errors.js";
import { readBody } from "./read-body.js";
import { backOffMs, mayRepeat, pause, type Repeat, retryAfterMs } from "./retry.js";

/** One request. */
export interface PlatformRequest {
  /** Below the platform's URL, with its query. */
  readonly path: string;
  /** A GET without. A function is called for each attempt: a stream can be read only once. */
  readonly body?: string | Uint8Array<ArrayBuffer> | (() => ReadableStream<Uint8Array>);
  readonly headers?: Readonly<Record<string, string>>;
  readonly repeat: Repeat;
  /** Without credentials, for what the platform answers to everybody. */
  readonly anonymous?: boolean;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PlatformAnswer {
  readonly status: number;
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Options that every call of the platform takes. */
export interface CallOptions {
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Sends requests to a platform, with credentials. Secrets are in private members, which `inspect` does not show.
 */
export class PlatformHttp {
  readonly url: string;
  readonly credentials: Credentials;
  readonly #fetch: PlatformFetch;
  readonly #retries: number;
  readonly #timeoutMs: number;

  constructor({ url, credentials, fetch, retries, timeoutMs }: WallarooSettings) {
    this.url = url;
    this.credentials = openCredentials(credentials, fetch);
    Object.defineProperty(this, "credentials", { enumerable: false });
    this.#fetch = fetch;
    this.#retries = retries;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Sends a request until it has an answer, as often as `repeat` allows.
   *
   * @throws TargetError SL6050 to SL6055, SL6007, SL6013 by status; SL6004 and SL6005 at the end of its time
   */
  send(request: PlatformRequest): Promise<PlatformAnswer> {
    return this.read(request, (answer) => answer);
  }

  /**
   * As `send`, and reads the answer. An answer that is damaged on its way is no answer: the request is sent again where
   * `repeat` allows it.
   *
   * @throws what `read` throws at last
   */
  async read<T>(request: PlatformRequest, read: (answer: PlatformAnswer) => T): Promise<T> {
    const deadline = new CallDeadline(request.timeoutMs ?? this.#timeoutMs, request.signal);
    try {
      for (let attempt = 0; ; attempt++) {
        try {
          return read(await this.#attempt(request, deadline));
        } catch (error) {
          if (deadline.signal.aborted || attempt >= this.#retries || !mayRepeat(error, request.repeat)) throw error;
          const asked = (error as TargetError).details["retryAfterMs"];
          await pause(Math.max(backOffMs(attempt), typeof asked === "number" ? asked : 0), this.url, deadline);
        }
      }
    } finally {
      deadline.end();
    }
  }

  /** Sends a request once, and once more with a new token if the platform no longer accepts the old one. */
  async #attempt(request: PlatformRequest, deadline: CallDeadline): Promise<PlatformAnswer> {
    if (request.anonymous === true) return this.#exchange(request, null, deadline);
    const header = await this.credentials.header();
    try {
      return await this.#exchange(request, header, deadline);
    } catch (error) {
      // A request without valid credentials was not carried out, so that it may be repeated.
      if ((error as TargetError).details?.["status"] !== 401 || !(await this.credentials.renew(header))) throw error;
      return this.#exchange(request, await this.credentials.header(), deadline);
    }
  }

  async #exchange(
    { path, body: given, headers = {} }: PlatformRequest,
    authorization: string | null,
    deadline: CallDeadline,
  ): Promise<PlatformAnswer> {
    const where = `${this.url}${path.split("?", 1)[0] ?? ""}`;
    const body = typeof given === "function" ? given() : given;
    const isStream = body !== undefined && typeof body === "object" && "getReader" in body;
    // Half duplex: the answer is read when the request has been sent. `fetch` demands it for streams.
    const send: PlatformFetch = (url, init) =>
      this.#fetch(url, { ...init, ...(body !== undefined && { body }), ...(isStream && { duplex: "half" as const }) });
    const response = await sendRequest(
      where,
      send,
      `${this.url}${path}`,
      {
        method: body === undefined ? "GET" : "POST",
        headers: {
          accept: "application/json",
          ...headers,
          ...(authorization !== null && { authorization }),
        },
      },
      deadline,
    );
    const { status } = response;
    const bytes = await readBody(where, response, deadline);
    if (status >= 200 && status <= 299)
      return { status, type: response.headers.get("content-type")?.split(";", 1)[0] ?? "", bytes };
    throw platformError(where, status, bytes, {
      wayOut: this.credentials.wayOut,
      retryAfterMs: retryAfterMs(response.headers.get("retry-after")),
    });
  }

  /** @throws as `send`; TargetError SL6055 for an answer that is no JSON */
  json(request: PlatformRequest): Promise<unknown> {
    return this.read(request, (answer) => this.parse(request.path, answer));
  }

  /** @throws TargetError SL6055 for bytes that are no JSON */
  parse(path: string, { bytes }: PlatformAnswer): unknown {
    const text = new TextDecoder().decode(bytes);
    try {
      return JSON.parse(text);
    } catch (cause) {
      const what = text.trim() === "" ? "it is empty" : `it is no JSON: ${wordsOf(text)}`;
      throw damagedAnswer(`${this.url}${path.split("?", 1)[0] ?? ""}`, what, cause);
    }
  }
}
