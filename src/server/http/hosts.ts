import type { FastifyInstance } from "fastify";
import type { ServerSettings } from "../options.js";
import type { Access } from "./access.js";
import { HttpError } from "./errors.js";

/** The name in a `Host` header or an address, lower case, without port, brackets and the root's dot. */
function hostName(host: string): string {
  const [, bracketed, plain = ""] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host) ?? [null, undefined, host];
  return (bracketed ?? plain).toLowerCase().replace(/\.$/, "");
}

const loopbackAddress = /^(127(\.\d{1,3}){3}|::1|localhost)$/;

/** Whether only this machine can reach an address that a server listens on. */
export function isLoopback(address: string): boolean {
  return loopbackAddress.test(address);
}

/**
 * Refuses requests under names that the server does not have. A web page may let its own name lead to 127.0.0.1 (DNS
 * rebinding): its requests are then of one origin for the browser, and only their `Host` header tells. A server with
 * tokens needs no such check, because no page has one.
 */
export class ForeignHosts {
  readonly #allowed: ReadonlySet<string>;
  readonly #isOpen: () => boolean;
  #listens: string | null = null;
  /** The last header that was allowed: nearly all requests have the same one. */
  #last = "";

  constructor({ hosts, cors }: Pick<ServerSettings, "hosts" | "cors">, access: Access) {
    this.#allowed = new Set(hosts.map(hostName));
    // Any page may call this server.
    this.#isOpen = () => access.isRestricted || cors.includes("*");
  }

  /** From now on the server listens on an address. An app that mounts the server checks names by itself. */
  listensOn(address: string): void {
    this.#listens = address.toLowerCase();
  }

  /** Why a request under the name of its `Host` header is refused; null if it is answered. */
  refusal(host: string | undefined): HttpError | null {
    if (host === undefined || host === this.#last || this.#listens === null || this.#isOpen()) return null;
    const name = hostName(host);
    if (!loopbackAddress.test(name) && name !== this.#listens && !this.#allowed.has(name))
      return new HttpError(
        421,
        `the server has no tokens, so that it answers as localhost only, not as '${name.slice(0, 253)}'; allow the name with the option 'hosts' (--allow-host), or give the server a token`,
      );
    this.#last = host;
    return null;
  }

  refuseIn(app: FastifyInstance): void {
    app.addHook("onRequest", ({ headers }, _, done) => {
      const refusal = this.refusal(headers.host);
      if (refusal === null) done();
      else done(refusal);
    });
  }
}
