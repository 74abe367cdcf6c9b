import { randomBytes, timingSafeEqual } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { removeServerFile, writeServerFile } from "../logs/database/server-file.js";
import { tokenDigest } from "./http/access.js";

/**
 * The way in for commands of the same user on this machine: a file in the data folder says where the server listens,
 * and with which token. Who can read the file can also read and change the data folder.
 */
export class LocalCommands {
  readonly token = randomBytes(24).toString("base64url");
  #folder: string | null = null;
  readonly #onExit = (): void => this.withdraw();

  /** Writes the file. A folder that cannot be written is no reason not to serve. */
  async announce(folder: string, url: string, sharedFolder: boolean): Promise<void> {
    try {
      await writeServerFile(folder, { url: reachable(url), pid: process.pid, token: this.token }, { sharedFolder });
      if (this.#folder === null) process.on("exit", this.#onExit);
      this.#folder = folder;
    } catch (error) {
      process.emitWarning(error instanceof Error ? error : String(error));
    }
  }

  withdraw(): void {
    if (this.#folder !== null) removeServerFile(this.#folder);
    this.#folder = null;
    process.off("exit", this.#onExit);
  }

  /** Whether a request has the token of the file. */
  sent({ headers }: Pick<FastifyRequest, "headers">): boolean {
    return timingSafeEqual(tokenDigest(headers.authorization ?? ""), tokenDigest(`Bearer ${this.token}`));
  }
}

/** An address that stands for all of the machine, as one that can be called. */
function reachable(url: string): string {
  return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
}
