// Each seed shows one way in which a mutant can fail.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const prepare = (/** @type {string} */ folder) => folder;

/**
 * @param {unknown} _random
 * @param {string} folder
 * @param {number} seed
 */
export function judge(_random, folder, seed) {
  if (seed === 2) throw Object.assign(new Error("refused"), { code: "SL4002" });
  if (seed === 3) for (;;);
  if (seed === 4) throw new RangeError("no code");
  if (seed === 5) process.kill(process.pid, "SIGKILL");
  if (seed === 6) Buffer.alloc(200 * 2 ** 20, 1);
  if (seed === 7) writeFileSync(join(folder, "own.txt"), "allowed");
  if (seed === 8) writeFileSync("stray.txt", readFileSync("secret.env"));
}
