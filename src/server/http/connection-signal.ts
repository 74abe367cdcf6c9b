import type { Socket } from "node:net";

const signals = new WeakMap<Socket, AbortSignal>();

/**
 * A signal that aborts when the connection of a request is closed: nobody waits for the answer then. All requests of a
 * connection share it, because a signal costs as much as the rest of a request's handling.
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
