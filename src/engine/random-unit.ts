import { createHash } from "node:crypto";

/**
 * A text as a number in [0, 1): the first 53 bits of the SHA-256 of its UTF-8 bytes, divided by 2^53. It is the same in every
 * process, on every machine and in every version: requests keep their route.
 *
 * @example unitHash("alice") // 0.1712650529798836
 */
export function unitHash(text: string): number {
  const digest = createHash("sha256").update(text, "utf8").digest();
  return Number(digest.readBigUInt64BE(0) >> 11n) / 2 ** 53;
}

/** A sequence of numbers in [0, 1): the same one for the same seed, another one each time without. */
export function randomSequence(seed: number | null): () => number {
  if (seed === null) return Math.random;
  let drawn = 0;
  return () => unitHash(`${seed}:${drawn++}`);
}
