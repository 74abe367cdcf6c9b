import { errorMessage } from "../util/error-message.js";
import { ConfigError } from "../../dsl/errors.js";
import { canonicalJson, sha256Hex } from "./canonical.js";
import { describeIssue } from "./issue.js";
import { configSchema, type Config } from "./schema.js";
import { inconsistencies } from "./verify.js";

/** A config before its hash is known. */
export type Unhashed = Omit<Config, "hash">;

/**
 * The content hash of a config: SHA-256 over its canonical JSON without `hash`, 64 hex digits. Key order does not matter.
 *
 * @example
 * hashConfig(config) === config.hash // true for everything `build()` wrote
 */
export function hashConfig(config: Unhashed | Config): string {
  const { hash: _, ...content } = config as Config;
  return sha256Hex(canonicalJson(content));
}

/** Adds the hash and puts the keys in the order of the schema. */
export function sealConfig(content: Unhashed): Config {
  return configSchema.parse({ ...content, hash: hashConfig(content) });
}

/** The text of a config file: two-space JSON in stable key order, one trailing newline. */
export function stringifyConfig(config: Config): string {
  return `${JSON.stringify(config, null, 2)}\n`;
}

/**
 * Checks data from outside and returns it as a config: schema, hash, and that its steps fit together.
 *
 * @param input parsed JSON, or the JSON text itself
 * @param where how messages call it, such as the file's name
 * @throws ConfigError SL4001 not JSON, SL4002 not of the schema, SL4003 the hash does not match, SL4004 the parts do not fit together
 * @example
 * const config = parseConfig(await readFile("fraud.pipeline.json", "utf8"), "fraud.pipeline.json");
 */
export function parseConfig(input: unknown, where = "config"): Config {
  const data = typeof input === "string" ? parseJson(input, where) : input;
  const parsed = configSchema.safeParse(data);
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => describeIssue(issue, data));
    throw new ConfigError("SL4002", `${where} is not a pipeline config:\n${issues.map((i) => `  ${i}`).join("\n")}`, {
      where,
      issues,
    });
  }
  const config = parsed.data;
  const hash = hashConfig(config);
  if (hash !== config.hash) {
    throw new ConfigError(
      "SL4003",
      `${where}: its hash is ${config.hash.slice(0, 12)}… but its content gives ${hash.slice(0, 12)}…; it was changed after it was built: change the pipeline's source and compile it again`,
      { where, expected: hash, found: config.hash },
    );
  }
  const found = inconsistencies(config);
  if (found.length > 0) {
    throw new ConfigError(
      "SL4004",
      `${where} does not fit together:\n${found.map((p) => `  ${p.message}`).join("\n")}`,
      { where, problems: found },
    );
  }
  return config;
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigError("SL4001", `${where} is not JSON: ${errorMessage(error)}`, { where }, { cause: error });
  }
}
