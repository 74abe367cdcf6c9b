import { TargetError } from "../../../../dsl/errors.js";
import { CallDeadline } from "../../../client/http/call-deadline.js";
import { sendRequest } from "../../../client/http/send-request.js";
import { systemErrorMessage } from "../../../util/error-message.js";
import { isRecord } from "../../../util/objects.js";
import { tokenAnswer } from "../../../wallaroo/api/rest-answers.js";
import { tokenPath } from "../../../wallaroo/api/routes.js";
import type { CredentialSettings } from "../options.js";
import type { PlatformFetch } from "../public-types.js";
import { readBody } from "./read-body.js";

/** The user and tokens of local servers, as in the SDK's `test_auth`. */
const testUser = "99cace15-e0d4-4bb6-bf14-35efee181b90";
const testToken = "definitely_an_access_token";
const clientName = "sdk-client";
const longestTokenAnswer = 2 ** 20;

/** Who calls, for requests. */
export interface Credentials {
  /** The value of the header Authorization. */
  header(): Promise<string>;
  /**
   * Gets another token, once the platform has refused the header `refused`.
   *
   * @returns false if there is none: the same token again would be refused again
   */
  renew(refused: string): Promise<boolean>;
  /** The user's id; null if the token does not name it. */
  userId(): Promise<string | null>;
  /** What to do when the platform refuses the credentials. */
  readonly wayOut: string;
}

export function openCredentials(settings: CredentialSettings, fetch: PlatformFetch): Credentials {
  switch (settings.kind) {
    case "testAuth":
      return fixed(testToken, testUser, "the server does not accept testAuth; give a token");
    case "token":
      return fixed(settings.token, userOf(settings.token), "give a valid token with wallaroo({ token })");
    case "tokenFile":
      return new FetchedToken(
        () => readTokenFile(settings.path),
        `write a valid token into the file '${settings.path}'`,
      );
    case "userPassword":
      return new FetchedToken(
        (last) => requestToken(settings, fetch, last),
        "check the user and password of wallaroo({ userPassword })",
      );
  }
}

function fixed(token: string, user: string | null, wayOut: string): Credentials {
  return {
    header: () => Promise.resolve(`Bearer ${token}`),
    renew: () => Promise.resolve(false),
    userId: () => Promise.resolve(user),
    wayOut,
  };
}

interface Token {
  readonly token: string;
  readonly user: string | null;
  readonly refresh?: string | undefined;
  /** Milliseconds since 1970. */
  readonly expires?: number | undefined;
}

/** A token is renewed this long before it expires. */
const marginMs = 10_000;

/** A token that is read when it is first needed, and again when it expires or the platform refuses it. */
class FetchedToken implements Credentials {
  readonly wayOut: string;
  readonly #fetch: (last: Token | null) => Promise<Token>;
  #last: Token | null = null;
  /** One for all requests that need it at the same time. */
  #pending: Promise<Token> | null = null;

  constructor(fetch: (last: Token | null) => Promise<Token>, wayOut: string) {
    this.#fetch = fetch;
    this.wayOut = wayOut;
  }

  async header(): Promise<string> {
    return headerOf(await this.#current());
  }

  async renew(refused: string): Promise<boolean> {
    // Another request may have renewed it in the meantime.
    if (this.#last !== null && headerOf(this.#last) !== refused) return true;
    const { token } = await this.#load();
    return `Bearer ${token}` !== refused;
  }

  async userId(): Promise<string | null> {
    return (await this.#current()).user;
  }

  async #current(): Promise<Token> {
    const last = this.#last;
    return last !== null && (last.expires === undefined || Date.now() < last.expires - marginMs) ? last : this.#load();
  }

  #load(): Promise<Token> {
    this.#pending ??= this.#fetch(this.#last)
      .then((token) => (this.#last = token))
      .finally(() => (this.#pending = null));
    return this.#pending;
  }
}

const headerOf = ({ token }: Token): string => `Bearer ${token}`;

async function readTokenFile(path: string): Promise<Token> {
  const refused = (what: string, cause?: unknown) =>
    new TargetError(
      "SL6051",
      `the token file '${path}' ${what}; write { "token": "…", "user_email": "…", "user_id": "…" } into it`,
      { path },
      // The file's text is a secret; what a JSON parser says may quote it.
      cause === undefined ? undefined : { cause },
    );
  const { readFile } = await import("node:fs/promises").catch((cause: unknown) => {
    throw refused("cannot be read: there are no files here; give 'token' instead", cause);
  });
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw refused(`cannot be read: ${systemErrorMessage(cause)}`, cause);
  });
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw refused("is not JSON");
  }
  const token = isRecord(content) ? content["token"] : undefined;
  if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)) throw refused("has no token");
  const user = isRecord(content) ? content["user_id"] : undefined;
  return { token, user: typeof user === "string" ? user : userOf(token) };
}

async function requestToken(
  settings: CredentialSettings & { readonly kind: "userPassword" },
  fetch: PlatformFetch,
  last: Token | null,
): Promise<Token> {
  if (last?.refresh !== undefined) {
    const form = { client_id: clientName, grant_type: "refresh_token", refresh_token: last.refresh };
    const refreshed = await postForm(settings.authUrl, fetch, form).catch(() => null);
    if (refreshed !== null) return refreshed;
  }
  const { user: username, password } = settings;
  return postForm(settings.authUrl, fetch, { client_id: clientName, grant_type: "password", username, password });
}

/** The errors name no secret: the form is not in them, and the answer's text only if it is an error's. */
async function postForm(url: string, fetch: PlatformFetch, form: Readonly<Record<string, string>>): Promise<Token> {
  const where = `${url}${tokenPath}`;
  const deadline = new CallDeadline(30_000);
  try {
    const response = await sendRequest(
      where,
      fetch,
      where,
      {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/json" },
        body: new URLSearchParams(form).toString(),
      },
      deadline,
    );
    const bytes = await readBody(where, response, deadline, longestTokenAnswer);
    if (response.status === 400 || response.status === 401)
      throw new TargetError(
        "SL6051",
        `${where}: the user and password are not accepted (${response.status}); check wallaroo({ userPassword })`,
        { status: response.status },
      );
    const parsed = response.status === 200 ? tokenAnswer.safeParse(jsonOf(bytes)) : null;
    if (parsed?.success !== true)
      throw new TargetError(
        response.status >= 500 ? "SL6054" : "SL6055",
        `${where}: the answer (${response.status}) has no token; check that the url is that of the platform, or give userPassword.authUrl`,
        { status: response.status },
      );
    const { access_token: token, expires_in: seconds, refresh_token: refresh } = parsed.data;
    return {
      token,
      user: userOf(token),
      refresh,
      expires: seconds === undefined ? undefined : Date.now() + 1000 * seconds,
    };
  } finally {
    deadline.end();
  }
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** The user's id in a JSON Web Token. Its signature is the platform's business. */
function userOf(token: string): string | null {
  const [, payload] = token.split(".");
  if (payload === undefined) return null;
  try {
    const bytes = Uint8Array.from(atob(payload.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    const { sub } = JSON.parse(new TextDecoder().decode(bytes)) as { readonly sub?: unknown };
    return typeof sub === "string" ? sub : null;
  } catch {
    return null;
  }
}
