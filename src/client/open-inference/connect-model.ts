import type { AnyConnectedModel } from "../../../dsl/deployment.js";
import { CallDeadline } from "../http/call-deadline.js";
import { checkMetadata } from "./metadata.js";
import type { ServerSettings } from "./options.js";
import type { ConnectOptions } from "./public-types.js";
import { RemoteModel } from "./remote-model.js";
import { type ServedModel, servedModel } from "./served-model.js";

/** Browsers open six connections to a server; more requests would wait there. */
const defaultConcurrency = 6;

/**
 * Connects a handle or pipeline to a model of a server.
 *
 * @throws TargetError SL6011 for another value, and those of `checkMetadata`
 */
export async function connectModel(
  { server, encoding }: ServerSettings,
  handle: unknown,
  options: ConnectOptions,
): Promise<AnyConnectedModel> {
  const { model, version, checkMetadata: isChecked = true, oneRowPerRequest = false, timeoutMs, signal } = options;
  const { concurrency = defaultConcurrency } = options;
  const served = servedModel(handle);
  const name = model ?? served.name;
  const versionPath = version === undefined ? "" : `/versions/${encodeURIComponent(version)}`;
  const path = `/v2/models/${encodeURIComponent(name)}${versionPath}`;
  const where = `${describe(served, name, version)} on ${server.url}`;
  if (isChecked) {
    const deadline = new CallDeadline(timeoutMs, signal);
    await checkMetadata(server, path, where, served, deadline).finally(() => deadline.end());
  }
  return new RemoteModel(server, { encoding, path, where, served, together: !oneRowPerRequest, concurrency });
}

/** `model 'ccfraud'`, with the name and version on the server if they were given. */
function describe({ kind, name }: ServedModel, nameThere: string, version: string | undefined): string {
  const there = nameThere === name ? "" : ` ('${nameThere}' there)`;
  return `${kind} '${name}'${there}${version === undefined ? "" : ` version ${version}`}`;
}
