import type { OpenedTarget } from "../../client/server/server-target.js";
import type { LocalOptions } from "../../targets/local/index.js";

/** A server on this machine answers at once, or hangs. */
const healthMs = 2000;

/** The server that holds a data folder, as a target; null if none does. */
export async function openHeldFolder(options: LocalOptions): Promise<OpenedTarget | null> {
  const { parseLocalOptions } = await import("../../targets/local/options/local-options.js");
  const { data, models } = parseLocalOptions(options);
  const { readServerFile } = await import("../../logs/database/server-file.js");
  const found = readServerFile(data);
  if (found === null || !(await isHealthy(found.url))) return null;
  const { parseServerTargetOptions } = await import("../../client/server/options.js");
  const { openServerTarget } = await import("../../client/server/server-target.js");
  const { url, token } = found;
  const { log } = options;
  const settings = parseServerTargetOptions({ url, token, ...(log !== undefined && { log }) });
  return openServerTarget({ ...settings, ...(options.models !== undefined && { models }) });
}

/** False for a file that a killed server left, where another process has its number now. */
async function isHealthy(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/v2/health/live`, {
      signal: AbortSignal.timeout(healthMs),
      redirect: "error",
    });
    return response.ok && (await response.text()) === '{"live":true}';
  } catch {
    return false;
  }
}
