import { escapeUnsafe } from "../util/escape-text.js";
import { errorMessage } from "../util/error-message.js";
import { isRecord } from "../util/objects.js";
import { ConfigError, type Problem } from "../../dsl/errors.js";
import { canonicalJson } from "./canonical.js";
import { sha256Hex } from "./digest/sha256.js";
import { formatIssue } from "./format-issue.js";
import { limitProblems } from "./check/limits.js";
import { configMeaning } from "./meaning.js";
import { configSchema, type Config, type UnhashedConfig } from "./schema.js";
import { dataProblem, jsonTextProblem } from "./check/data-problem.js";
import { compileTexts, textProblems, withTexts } from "./check/texts.js";
import { isOlderConfig, upgradeConfig } from "./upgrade.js";
import { verifyConfig } from "./check/verify.js";

export type { UnhashedConfig } from "./schema.js";

/**
 * Computes the hash of what a config means, 64 hex digits. Key order does not matter, nor do the text of its lambdas
 * and the texts that follow from their trees: builds of one source by tsx, esbuild or a minifier have one hash.
 *
 * @throws ConfigError SL4002 for a value that cannot be a config's JSON: no object, nested too deeply, or too large
 * @example
 * hashConfig(config) === config.hash // true for every result of `build()`
 */
export function hashConfig(config: UnhashedConfig | Config): string {
  const problem = isRecord(config) ? dataProblem(config, true) : "(whole): expected an object";
  if (problem !== null) throw notAConfig("config", [problem]);
  const parsed = configSchema.safeParse({ ...config, hash: noHash });
  return parsed.success ? meaningHash(parsed.data) : contentHash(config);
}

const noHash = "0".repeat(64);

const meaningHash = (config: UnhashedConfig | Config): string => sha256Hex(canonicalJson(configMeaning(config)));

/** The hash of all content, as earlier versions computed it. */
function contentHash(config: UnhashedConfig | Config): string {
  const { hash: _, ...content } = config as Config;
  return sha256Hex(canonicalJson(content));
}

/**
 * Adds the hash and orders the keys as in the schema.
 *
 * @throws ConfigError SL4002 if the content does not match the schema, SL4008 if it is larger than a limit allows
 */
export function sealConfig(content: UnhashedConfig): Config {
  const problem = dataProblem(content);
  if (problem !== null) throw notAConfig("config", [problem]);
  const config = matchSchema({ ...content, hash: noHash }, "config");
  refuseProblems("SL4008", "config is too large", limitProblems(config), "config");
  return { ...config, hash: meaningHash(config) };
}

/** The text of a config file: two-space JSON in stable key order, one trailing newline. */
export function stringifyConfig(config: Config): string {
  return `${JSON.stringify(config, null, 2)}\n`;
}

/**
 * Parses untrusted data as a config: checks the schema, the limits, the hash, that the steps fit together, and that the
 * texts of its expressions follow from their trees. A config of an earlier version is returned with today's hash, and
 * in today's form where dimension 0 of every port stacked the rows.
 *
 * @param input parsed JSON, or the JSON text itself
 * @param where the name of the data in error messages, such as the file's name
 * @throws ConfigError SL4001 if it is not JSON; SL4002 if it does not match the schema; SL4003 if the hash does not
 *   match the content; SL4004 if its parts do not fit together; SL4007 if a text does not follow from its tree; SL4008
 *   if it is larger than a limit allows
 * @example
 * const config = parseConfig(await readFile("fraud.pipeline.json", "utf8"), "fraud.pipeline.json");
 */
export function parseConfig(input: unknown, where = "config"): Config {
  return readConfig(input, where, "compare");
}

/**
 * Parses a config that a deployment stored, maybe by another version of Shapeline: where its texts are not those of
 * this version, they are compiled again and the hash is computed again, so that a newer version can run what is
 * deployed.
 *
 * @throws ConfigError as `parseConfig`, but never SL4007
 */
export function parseStoredConfig(input: unknown, where?: string): Config {
  return readConfig(input, where ?? "config", "compile");
}

function readConfig(input: unknown, where: string, texts: "compare" | "compile"): Config {
  const data = typeof input === "string" ? parseJson(input, where) : input;
  const unreadable = dataProblem(data);
  if (unreadable !== null) throw notAConfig(where, [unreadable]);
  const found = matchSchema(data, where);
  refuseProblems("SL4008", `${where} is too large`, limitProblems(found), where);
  const hash = meaningHash(found);
  // An earlier version hashed all content.
  const isOldHash = hash !== found.hash && contentHash(found) === found.hash;
  if (hash !== found.hash && !isOldHash) {
    throw new ConfigError(
      "SL4003",
      `${where}: its hash is ${found.hash.slice(0, 12)}… but its content hashes to ${hash.slice(0, 12)}…; it was edited after it was built: edit the pipeline's source and compile it again`,
      { where, expected: hash, found: found.hash },
    );
  }
  const isOlder = isOlderConfig(found);
  const config = isOlder ? upgradeConfig(found) : found;
  const { problems, scopes } = verifyConfig(config);
  refuseProblems("SL4004", `${where} does not fit together`, problems, where);
  const compiled = compileTexts(config, scopes);
  refuseProblems("SL4004", `${where} does not fit together`, compiled.problems, where);
  const changed = textProblems(config, compiled);
  if (isOlder || (texts === "compile" && changed.length > 0)) return sealConfig(withTexts(config, compiled));
  refuseProblems(
    "SL4007",
    `${where}: another version of Shapeline wrote its texts, or they were edited: compile the pipeline again`,
    changed,
    where,
  );
  return isOldHash ? { ...config, hash } : config;
}

function matchSchema(data: unknown, where: string): Config {
  const parsed = configSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw notAConfig(
    where,
    parsed.error.issues.map((issue) => formatIssue(issue, data)),
  );
}

/** Throws one error for all problems. Its code is `code`, unless a limit is exceeded. */
function refuseProblems(
  code: "SL4004" | "SL4007" | "SL4008",
  what: string,
  problems: readonly Problem[],
  where: string,
) {
  if (problems.length === 0) return;
  const isLimit = problems.some((problem) => problem.code === "SL4008");
  const lines = problems.map(({ message }) => `  ${message}`).join("\n");
  throw new ConfigError(isLimit ? "SL4008" : code, `${what}:\n${lines}`, { where, problems });
}

function notAConfig(where: string, issues: readonly string[]): ConfigError {
  const message = `${where} is not a pipeline config; compile the pipeline again, or correct what is wrong:\n${issues.map((issue) => `  ${issue}`).join("\n")}`;
  return new ConfigError("SL4002", message, { where, issues });
}

function parseJson(text: string, where: string): unknown {
  const problem = jsonTextProblem(text);
  if (problem !== null) throw notAConfig(where, [problem]);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigError(
      "SL4001",
      `${where} is not JSON: ${escapeUnsafe(errorMessage(error))}${/^[^{["\n]+\.json$/i.test(text) ? "; give the file's text, or the object, instead of its path" : ""}`,
      { where },
      { cause: error },
    );
  }
}
