import { IncomingMessage } from "node:http";

/** Receives the body of a request, and null at its end. */
type TakeChunk = (chunk: Buffer | null) => void;

/**
 * A request whose body can be taken as it arrives. A stream would first queue it, and report it and its end in later
 * ticks, which takes a fifth of the time of a small request in `node:http`.
 */
export class BodyMessage extends IncomingMessage {
  #take: TakeChunk | null = null;

  /** Takes the body in place of the stream: call it in the event "request". A connection that breaks is an "error". */
  takeBody(take: TakeChunk): void {
    this.#take = take;
    // Nothing is left to be read away after the answer.
    Reflect.set(this, "_consumed", true);
  }

  override push(chunk: Buffer | null, encoding?: BufferEncoding): boolean {
    if (this.#take === null) return super.push(chunk, encoding);
    this.#take(chunk);
    return true;
  }
}
