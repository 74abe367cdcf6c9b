import type { FastifyReply } from "fastify";

/** A signal that aborts when the client closes its connection before it has the whole answer. */
export function untilClosed({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  raw.once("close", () => {
    if (!raw.writableFinished) controller.abort();
  });
  return controller.signal;
}
