import { bounds, exceeded } from "../util/bounds.js";
import { errorMessage } from "../util/error-message.js";
import { ConfigError } from "../../dsl/errors.js";
import { canonicalJson, sha256Hex } from "./canonical.js";
import { formatIssue } from "./format-issue.js";
import { configSchema, type Config } from "./schema.js";
import { tooDeepAt } from "./nesting.js";
import { isOlderConfig, upgradeConfig } from "./upgrade.js";
import { configProblems } from "./verify.js";

/** A config before its hash is known. */
export type UnhashedConfig = Omit<Config, "hash">;

/**
 * Computes the content hash of a config: SHA-256 of its canonical JSON without `hash`, 64 hex digits. Key order does
 * not matter.
 *
 * @example
 * hashConfig(config) === config.hash // true for every result of `build()`
 */
export function hashConfig(config: UnhashedConfig | Config): string {
  const { hash: _, ...content } = config as Config;
  return sha256Hex(canonicalJson(content));
}

/** Adds the hash and orders the keys as in the schema. */
export function sealConfig(content: UnhashedConfig): Config {
  return configSchema.parse({ ...content, hash: hashConfig(content) });
}

/** The text of a config file: two-space JSON in stable key order, one trailing newline. */
export function stringifyConfig(config: Config): string {
  return `${JSON.stringify(config, null, 2)}\n`;
}

/**
 * Parses untrusted data as a config: checks the schema, the hash, and that the steps fit together. A config of an
 * earlier version, where dimension 0 of every port stacked the rows, is returned in today's form with a new hash.
 *
 * @param input parsed JSON, or the JSON text itself
 * @param where the name of the data in error messages, such as the file's name
 * @throws ConfigError SL4001 if it is not JSON; SL4002 if it does not match the schema; SL4003 if the hash does not
 *   match the content; SL4004 if its parts do not fit together
 * @example
 * const config = parseConfig(await readFile("fraud.pipeline.json", "utf8"), "fraud.pipeline.json");
 */
export function parseConfig(input: unknown, where = "config"): Config {
  const data = typeof input === "string" ? parseJson(input, where) : input;
  const deep = tooDeepAt(data);
  if (deep !== null) throw notAConfig(where, [deep]);
  const parsed = configSchema.safeParse(data);
  if (!parsed.success)
    throw notAConfig(
      where,
      parsed.error.issues.map((issue) => formatIssue(issue, data)),
    );
  const found = parsed.data;
  const hash = hashConfig(found);
  if (hash !== found.hash) {
    throw new ConfigError(
      "SL4003",
      `${where}: its hash is ${found.hash.slice(0, 12)}… but its content hashes to ${hash.slice(0, 12)}…; it was edited after it was built: edit the pipeline's source and compile it again`,
      { where, expected: hash, found: found.hash },
    );
  }
  const config = isOlderConfig(found) ? sealConfig(upgradeConfig(found)) : found;
  const problems = configProblems(config);
  if (problems.length > 0) {
    throw new ConfigError(
      "SL4004",
      `${where} does not fit together:\n${problems.map((p) => `  ${p.message}`).join("\n")}`,
      { where, problems },
    );
  }
  return config;
}

function notAConfig(where: string, issues: readonly string[]): ConfigError {
  const message = `${where} is not a pipeline config:\n${issues.map((issue) => `  ${issue}`).join("\n")}`;
  return new ConfigError("SL4002", message, { where, issues });
}

function parseJson(text: string, where: string): unknown {
  if (text.length > bounds.configLength.limit) throw notAConfig(where, [exceeded(bounds.configLength, text.length)]);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigError("SL4001", `${where} is not JSON: ${errorMessage(error)}`, { where }, { cause: error });
  }
}
