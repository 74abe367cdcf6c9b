import { createHash } from "node:crypto";

/**
 * Hashes a text to a number in [0, 1): the first 53 bits of the SHA-256 of its UTF-8 bytes, divided by 2^53. The result
 * is the same in every process, on every machine and in every version, so that requests keep their route.
 *
 * @example unitHash("alice") // 0.1712650529798836
 */
export function unitHash(text: string): number {
  const digest = createHash("sha256").update(text, "utf8").digest();
  return Number(digest.readBigUInt64BE(0) >> 11n) / 2 ** 53;
}

/** A sequence of numbers in [0, 1): the same for the same seed, random if the seed is null. */
export function randomSequence(seed: number | null): () => number {
  if (seed === null) return Math.random;
  let drawn = 0;
  return () => unitHash(`${seed}:${drawn++}`);
}
