import type { ServerOptions as HttpOptions } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import { bounds } from "../../util/bounds.js";
import type { ServerSettings } from "../options.js";

/** Milliseconds in which the headers of a request must arrive; those of honest clients come in one packet. */
const headersMs = 10_000;
/** How often node:http looks for slow senders. With its own value, 30 s, they would stay four times as long. */
const checkMs = 2000;
/** Longer than load balancers keep idle connections, commonly 60 s: they would send on one that is being closed. */
const idleMs = 72_000;

/** Limits of node:http against slow, large and too many senders. */
export function httpLimits({ timeoutMs }: Pick<ServerSettings, "timeoutMs">): HttpOptions & { requestTimeout: number } {
  const requestMs = bodyMs(timeoutMs);
  return {
    maxHeaderSize: bounds.httpHeaders.limit,
    headersTimeout: Math.min(headersMs, requestMs),
    requestTimeout: requestMs,
    keepAliveTimeout: idleMs,
    connectionsCheckingInterval: checkMs,
    insecureHTTPParser: false,
    requireHostHeader: true,
  };
}

/** Milliseconds in which a whole request must arrive: slow links get twice what the answer may take. */
export function bodyMs(timeoutMs: number): number {
  return Math.min(2 * timeoutMs, 2 ** 31 - 1);
}

/** At the limit, further connections are closed at once. */
export function limitConnections({ server }: FastifyInstance, { maxConnections }: ServerSettings): void {
  server.maxConnections = maxConnections;
}

/** Connections whose request may arrive more slowly: its route watches them. */
const watched = new WeakSet<Socket>();

/** Watches how long no byte of a request arrives. */
export interface BodyWatch {
  /** Does not count the time in which nothing is read. */
  pause(): void;
  resume(): void;
  /** Ends the watch: the connection's next request is limited as all are. */
  end(): void;
}

/**
 * Lets the body of a large request arrive for as long as bytes come.
 *
 * @param idleMs milliseconds without a byte after which `onIdle` is called, once
 */
export function watchBody(socket: Socket, idleMs: number, onIdle: () => void): BodyWatch {
  watched.add(socket);
  let isPaused = false;
  let bytes = socket.bytesRead;
  let since = Date.now();
  const timer = setInterval(() => {
    const now = Date.now();
    if (isPaused || socket.bytesRead !== bytes) {
      bytes = socket.bytesRead;
      since = now;
    } else if (now - since >= idleMs) {
      clearInterval(timer);
      onIdle();
    }
  }, idleMs / 10).unref();
  return {
    pause: () => void (isPaused = true),
    resume: () => void (isPaused = false),
    end: () => {
      clearInterval(timer);
      watched.delete(socket);
    },
  };
}

const reasons: Readonly<Record<string, readonly [status: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: [
    "431 Request Header Fields Too Large",
    `the headers of a request may have at most ${bounds.httpHeaders.limit} bytes`,
  ],
  ERR_HTTP_REQUEST_TIMEOUT: ["408 Request Timeout", "the request did not arrive in time"],
};

/** Answers what node:http cannot read as a request, and closes the connection. */
export function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ERR_HTTP_REQUEST_TIMEOUT" && watched.has(socket)) return;
  if (error.code === "ECONNRESET" || !socket.writable || socket.bytesWritten > 0) {
    socket.destroy();
    return;
  }
  const [status, message] = reasons[error.code ?? ""] ?? ["400 Bad Request", "this is not an HTTP request"];
  const body = JSON.stringify({ error: message });
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
}
