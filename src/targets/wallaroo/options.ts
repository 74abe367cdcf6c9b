import { parseConnection } from "../../client/http/connection-options.js";
import { invalid } from "../../client/http/invalid-option.js";
import { requireKnownOptions } from "../../util/options/known-options.js";
import { describeValue, formatValue } from "../../util/format-value.js";
import { isDictionary } from "../../util/objects.js";
import { dialects, type Dialect } from "../../wallaroo/platform.js";
import type { PlatformFetch, WallarooOptions } from "./public-types.js";

const method = "wallaroo()";
const credentialOptions = ["token", "tokenFile", "userPassword", "testAuth"] as const;
const names = [
  ...["url", ...credentialOptions, "workspace", "dialect", "models"],
  ...["timeoutMs", "retries", "fetch"],
];

/** Who calls. Holds secrets: keep it in private members. */
export type CredentialSettings =
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "tokenFile"; readonly path: string }
  | { readonly kind: "userPassword"; readonly user: string; readonly password: string; readonly authUrl: string }
  | { readonly kind: "testAuth" };

/** The parsed options of `wallaroo()`. */
export interface WallarooSettings {
  readonly url: string;
  readonly credentials: CredentialSettings;
  readonly workspace: string | number | null;
  /** null: ask the platform. */
  readonly dialect: Dialect | null;
  readonly models: string;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly fetch: PlatformFetch;
}

/** @throws TargetError SL6011 for an unknown or invalid option; the message holds no secret */
export function parseWallarooOptions(options: WallarooOptions): WallarooSettings {
  requireKnownOptions(method, options, names);
  const { workspace, dialect, models = "./models", timeoutMs = 45_000, retries = 4 } = options;
  const { url, fetch } = connectionOf(options.url, options.fetch);
  if (workspace !== undefined && !isName(workspace) && !isCount(workspace))
    throw invalid(method, "workspace", `is a workspace's name or id, got ${formatValue(workspace)}`);
  if (dialect !== undefined && !dialects.includes(dialect))
    throw invalid(
      method,
      "dialect",
      `is "polars" (platforms since 2023.4.2) or "checks" (earlier ones), got ${formatValue(dialect)}`,
    );
  if (!isName(models)) throw invalid(method, "models", `is the path of a folder, got ${formatValue(models)}`);
  if (!(typeof timeoutMs === "number" && timeoutMs > 0))
    throw invalid(method, "timeoutMs", `is a number of milliseconds above 0, got ${formatValue(timeoutMs)}`);
  if (!isCount(retries) || retries > 100)
    throw invalid(method, "retries", `is a whole number from 0 to 100, got ${formatValue(retries)}`);
  return {
    url,
    credentials: parseCredentials(options, url),
    workspace: workspace ?? null,
    dialect: dialect ?? null,
    models,
    timeoutMs,
    retries,
    fetch,
  };
}

function connectionOf(url: unknown, fetch: PlatformFetch | undefined): { url: string; fetch: PlatformFetch } {
  const { url: parsed, fetch: used } = parseConnection(
    method,
    { url, ...(fetch !== undefined && { fetch: fetch }) },
    { path: /\/v1(\/api|\/graphql)?$/, credentials: "give token, tokenFile, userPassword or testAuth instead" },
  );
  return { url: parsed, fetch: used as PlatformFetch };
}

function parseCredentials(options: WallarooOptions, url: string): CredentialSettings {
  const { token, tokenFile, userPassword, testAuth } = options;
  const given = credentialOptions.filter((name) => options[name] !== undefined && options[name] !== false);
  if (given.length !== 1)
    throw invalid(
      method,
      given[0] ?? "token",
      given.length === 0
        ? "is missing: give one of token, tokenFile, userPassword and testAuth"
        : `and '${given.slice(1).join("', '")}' are both given; give one of them`,
    );
  if (token !== undefined) {
    // The value is not shown: it is a secret.
    if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token))
      throw invalid(method, "token", "is not a token; give the text that the platform expects after 'Bearer'");
    return { kind: "token", token };
  }
  if (tokenFile !== undefined) {
    if (!isName(tokenFile))
      throw invalid(method, "tokenFile", `is the path of a file, got ${describeValue(tokenFile)}`);
    return { kind: "tokenFile", path: tokenFile };
  }
  if (userPassword !== undefined) {
    const shape = "is an object { user, password, authUrl? } of texts";
    if (!isDictionary(userPassword)) throw invalid(method, "userPassword", shape);
    requireKnownOptions(`${method}: userPassword`, userPassword, ["user", "password", "authUrl"]);
    const { user, password, authUrl = url } = userPassword;
    if (!isName(user) || !isName(password)) throw invalid(method, "userPassword", shape);
    return { kind: "userPassword", user, password, authUrl: connectionOf(authUrl, undefined).url };
  }
  if (testAuth !== true) throw invalid(method, "testAuth", `is true or false, got ${describeValue(testAuth)}`);
  return { kind: "testAuth" };
}

const isName = (value: unknown): value is string => typeof value === "string" && value !== "";
const isCount = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
