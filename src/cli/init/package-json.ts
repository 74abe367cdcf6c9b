import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "../../../dsl/errors.js";
import { systemErrorMessage } from "../../util/error-message.js";
import { isRecord } from "../../util/objects.js";

/** What `shapeline init` reads of a package.json. */
export interface PackageJson {
  readonly name?: string;
  readonly type?: string;
  readonly packageManager?: string;
  readonly workspaces?: unknown;
  /** All its dependencies, of whatever kind, with their ranges. */
  readonly dependencies: Readonly<Record<string, string>>;
}

/**
 * Reads the package.json of a folder; null if there is none.
 *
 * @throws ConfigError SL4060 if it is no JSON object
 */
export function readPackageJson(folder: string): PackageJson | null {
  const path = join(folder, "package.json");
  let data: unknown;
  try {
    data = JSON.parse(readFileSync(path, "utf8").replace(/^\uFEFF/, ""));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    const why = cause instanceof SyntaxError ? `it is not JSON: ${cause.message}` : systemErrorMessage(cause);
    throw new ConfigError("SL4060", `'${path}' cannot be read: ${why}`, { file: path }, { cause });
  }
  if (!isRecord(data)) throw new ConfigError("SL4060", `'${path}' is not an object`, { file: path });
  const text = (key: string): Record<string, string> => {
    const value = data[key];
    return typeof value === "string" ? { [key]: value } : {};
  };
  const kinds = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];
  const dependencies = kinds.flatMap((kind) => (isRecord(data[kind]) ? Object.entries(data[kind]) : []));
  return {
    ...text("name"),
    ...text("type"),
    ...text("packageManager"),
    workspaces: data["workspaces"],
    dependencies: Object.fromEntries(dependencies.map(([name, range]) => [name, String(range)])),
  };
}
