import { setTimeout as sleep } from "node:timers/promises";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";

/** Beyond the time of one request: its connection may be slow to take the answer. */
const extraMs = 2000;

/** How long a connection may stay open without a request once the server is closing. */
const silentMs = 500;

/**
 * Follows the connections on which no request has begun. Browsers and `fetch` open some in advance; Node counts them as
 * busy, so that they would keep a closing server open.
 *
 * @returns closes those that are there
 */
export function silentConnections({ server }: FastifyInstance): () => void {
  const silent = new Set<Socket>();
  server.on("setSecureContext" in server ? "secureConnection" : "connection", (socket: Socket) => {
    silent.add(socket);
    socket.once("close", () => silent.delete(socket));
  });
  server.on("request", ({ socket }: IncomingMessage) => silent.delete(socket));
  return () => {
    for (const socket of silent) socket.destroy();
  };
}

/** Asks clients of kept-alive connections to open new ones, elsewhere, once the server is closing. */
export function closeConnectionsWhen(app: FastifyInstance, isClosing: () => boolean): void {
  app.addHook("onSend", (_request, reply, payload, done) => {
    if (isClosing()) void reply.header("connection", "close");
    done(null, payload);
  });
}

/**
 * Ends a server without losing requests: answers as usual for `drainMs`, in which load balancers learn from
 * `/v2/health/ready` to send no more; then takes no new connection, and waits for the running requests.
 *
 * @param requestMs the longest time of a request; connections that stay open longer are cut
 * @param closeSilent from `silentConnections`
 */
export async function drain(
  app: FastifyInstance,
  {
    drainMs,
    requestMs,
    closeSilent,
  }: { readonly drainMs: number; readonly requestMs: number; readonly closeSilent: () => void },
): Promise<void> {
  if (drainMs > 0) await sleep(drainMs);
  const cut = setTimeout(() => app.server.closeAllConnections(), requestMs + extraMs);
  const silent = setInterval(closeSilent, silentMs);
  try {
    await app.close();
  } finally {
    clearInterval(silent);
    clearTimeout(cut);
  }
}
