import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = process.env.SHAPELINE_RECORDINGS ?? fileURLToPath(new URL("../../shared/recordings", import.meta.url));

/** The folder of the platform's recorded answers; null if it does not exist. */
export const recordings: string | null = existsSync(folder) ? folder : null;

if (recordings === null && process.env.SHAPELINE_RECORDINGS_REQUIRED === "1") {
  process.stderr.write(`the recordings are required here but '${folder}' does not exist\n`);
  process.exit(1);
}
