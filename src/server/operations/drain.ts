import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance } from "fastify";

/** Beyond the time of one request: its connection may be slow to take the answer. */
const extraMs = 2000;

/** Asks clients of kept-alive connections to open new ones, elsewhere, once the server is closing. */
export function closeConnectionsWhen(app: FastifyInstance, isClosing: () => boolean): void {
  app.addHook("onSend", async (_, reply) => {
    if (isClosing()) void reply.header("connection", "close");
  });
}

/**
 * Ends a server without losing requests: answers as usual for `drainMs`, in which load balancers learn from
 * `/v2/health/ready` to send no more; then takes no new connection, and waits for the running requests.
 *
 * @param requestMs the longest time of a request; connections that stay open longer are cut
 */
export async function drain(
  app: FastifyInstance,
  { drainMs, requestMs }: { readonly drainMs: number; readonly requestMs: number },
): Promise<void> {
  if (drainMs > 0) await sleep(drainMs);
  const cut = setTimeout(() => app.server.closeAllConnections(), requestMs + extraMs);
  try {
    await app.close();
  } finally {
    clearTimeout(cut);
  }
}
