import type { Socket } from "node:net";

const signals = new WeakMap<Socket, AbortSignal>();

/**
 * A signal that aborts when a request's connection closes: nobody waits for the answer any more. The requests of one
 * connection share it, because creating a signal takes as long as the rest of handling a request.
 */
export function connectionSignal(socket: Socket): AbortSignal {
  let signal = signals.get(socket);
  if (signal === undefined) {
    const gone = new AbortController();
    signal = gone.signal;
    signals.set(socket, signal);
    if (socket.destroyed) gone.abort();
    else socket.once("close", () => gone.abort());
  }
  return signal;
}
