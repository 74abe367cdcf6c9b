import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { HostileRequest } from "./mutated-request.js";

/** The statuses of the answers, none if the connection was closed without one; for a hang, what had come by then. */
export type Outcome = readonly number[] | { readonly hangAfter: readonly number[] };

/** Connections that a client may leave open, and for how many further requests. */
const mostLeft = 100;

/** Sends hostile requests, and judges how the server treats them. */
export class HostileClient {
  readonly #port: number;
  readonly #limitMs: number;
  readonly #left: Socket[] = [];

  /** @param limitMs how long an answer may take */
  constructor(port: number, limitMs: number) {
    this.#port = port;
    this.#limitMs = limitMs;
  }

  async send({ parts, pauseMs, then, complete }: HostileRequest): Promise<Outcome> {
    const socket = connect({ port: this.#port, host: "127.0.0.1", allowHalfOpen: true });
    const received: Buffer[] = [];
    socket.on("data", (part) => received.push(part)).on("error", () => undefined);
    const closed = new Promise<true>((resolve) => {
      // Without the end of the own side, half-open sockets stay.
      socket.once("end", () => socket.end());
      socket.once("close", () => resolve(true));
    });
    for (const [i, part] of parts.entries()) {
      if (socket.destroyed) break;
      if (i > 0 && pauseMs > 0) await sleep(pauseMs);
      socket.write(part);
    }
    if (then === "reset") {
      await sleep(1);
      socket.resetAndDestroy();
      return [];
    }
    if (then === "half-close") socket.end();
    if (then === "leave" || (then === "half-close" && !complete)) {
      this.#leave(socket);
      await Promise.race([closed, sleep(2)]);
      return statuses(received);
    }
    const inTime = await Promise.race([closed, sleep(this.#limitMs, false, { ref: false })]);
    socket.destroy();
    const found = statuses(received);
    return inTime || (!complete && found.length > 0) ? found : { hangAfter: found };
  }

  #leave(socket: Socket): void {
    this.#left.push(socket);
    if (this.#left.length > mostLeft) this.#left.shift()?.destroy();
  }

  close(): void {
    for (const socket of this.#left) socket.destroy();
  }
}

function statuses(received: readonly Buffer[]): number[] {
  const text = Buffer.concat(received).toString("latin1");
  return [...text.matchAll(/^HTTP\/1\.[01] (\d{3})/gm)].map(([, status]) => Number(status));
}
