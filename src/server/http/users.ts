import { createHash, createHmac, randomBytes, scrypt, scryptSync, timingSafeEqual } from "node:crypto";
import { bounds, exceeded } from "../../util/bounds.js";
import { isRecord } from "../../util/objects.js";
import type { Role, UserOption } from "../options.js";
import { HttpError } from "./errors.js";

/** Who a token belongs to. */
export interface User {
  /** A UUID that follows from the name. */
  readonly id: string;
  readonly name: string;
  readonly role: Role;
}

/** What a token is for: calls, or further tokens. */
type Purpose = "access" | "refresh";

/** How long tokens are valid, in seconds. */
export const lifetimes: Readonly<Record<Purpose, number>> = { access: 3600, refresh: 86_400 };

/** Wrong passwords for one name within `failureMs`, after which it is not asked for any. */
const maxFailures = 10;
const failureMs = 60_000;

interface Entry {
  readonly user: User;
  readonly password: string;
  /** Signs the user's tokens; derived from the password, so that a new password ends the old tokens. */
  key: Buffer | null;
}

/** The users who sign in with a password, and their tokens: JWTs, signed with HMAC-SHA-256. */
export class Users {
  #entries: ReadonlyMap<string, Entry>;
  readonly #failures = new Map<string, { count: number; readonly since: number }>();
  #waiting = 0;
  #deriving: Promise<unknown> = Promise.resolve();

  constructor(users: readonly UserOption[]) {
    this.#entries = entriesOf(users);
  }

  /** From now on, only these users exist. */
  replace(users: readonly UserOption[]): void {
    this.#entries = entriesOf(users);
  }

  get size(): number {
    return this.#entries.size;
  }

  all(): User[] {
    return Array.from(this.#entries.values(), ({ user }) => user);
  }

  /**
   * Checks a password. Takes the same time for names that do not exist.
   *
   * @returns null for a wrong name or password
   * @throws HttpError 429 after ten wrong passwords in a minute, and while many others sign in
   */
  async signIn(name: string, password: string): Promise<User | null> {
    const now = Date.now();
    for (const [known, { since }] of this.#failures) if (now - since > failureMs) this.#failures.delete(known);
    const id = userId(name);
    const failures = this.#failures.get(id) ?? { count: 0, since: now };
    if (failures.count >= maxFailures)
      throw new HttpError(429, "too many wrong passwords; try again in a minute", { "retry-after": "60" });
    // Counted before the password is checked, so that guesses at the same time count, too.
    failures.count++;
    if (this.#failures.size < bounds.signInNames.limit) this.#failures.set(id, failures);
    const entry = this.#entries.get(id);
    const given = await this.#derive(id, password);
    const expected = entry === undefined ? randomBytes(given.length) : keyOf(entry);
    if (entry === undefined || !timingSafeEqual(given, expected)) return null;
    this.#failures.delete(id);
    return entry.user;
  }

  /** A token of a user. */
  issue(user: User, purpose: Purpose): string {
    const entry = this.#entries.get(user.id);
    if (entry === undefined) throw new HttpError(401, `user '${user.name}' does not exist any more`);
    const now = Math.floor(Date.now() / 1000);
    const { id: sub, name } = user;
    const claims = {
      sub,
      email: name,
      preferred_username: name,
      typ: purpose,
      iat: now,
      exp: now + lifetimes[purpose],
    };
    const text = `${encoded({ alg: "HS256", typ: "JWT" })}.${encoded(claims)}`;
    return `${text}.${signature(text, keyOf(entry))}`;
  }

  /** The user of a valid token; null for any other text. */
  verify(token: string, purpose: Purpose): User | null {
    const [head = "", body = "", given = "", ...more] =
      token.length <= bounds.signedToken.limit ? token.split(".") : [];
    if (given === "" || more.length > 0) return null;
    const claims = decoded(body);
    const { sub, typ, exp } = claims;
    const entry = typeof sub === "string" ? this.#entries.get(sub) : undefined;
    if (entry === undefined || typ !== purpose || typeof exp !== "number" || exp * 1000 <= Date.now()) return null;
    const expected = Buffer.from(signature(`${head}.${body}`, keyOf(entry)));
    const found = Buffer.from(given);
    return found.length === expected.length && timingSafeEqual(found, expected) ? entry.user : null;
  }

  /** One at a time: the threads that derive keys also read files for everybody else. */
  async #derive(id: string, password: string): Promise<Buffer> {
    if (this.#waiting >= bounds.signIns.limit)
      throw new HttpError(429, exceeded(bounds.signIns), { "retry-after": "5" });
    this.#waiting++;
    const work = this.#deriving.then(
      () =>
        new Promise<Buffer>((resolve, reject) =>
          scrypt(password, saltOf(id), keyBytes, (error, key) => (error === null ? resolve(key) : reject(error))),
        ),
    );
    this.#deriving = work.catch(() => undefined);
    try {
      return await work;
    } finally {
      this.#waiting--;
    }
  }
}

const keyBytes = 32;
const saltOf = (id: string): string => `shapeline ${id}`;

/** Derived at the first use, which takes some 50 ms. */
function keyOf(entry: Entry): Buffer {
  return (entry.key ??= scryptSync(entry.password, saltOf(entry.user.id), keyBytes));
}

function entriesOf(users: readonly UserOption[]): Map<string, Entry> {
  return new Map(
    users.map(({ user: name, password, role }) => {
      const id = userId(name);
      return [id, { user: { id, name, role }, password, key: null }];
    }),
  );
}

/** The UUID of a user's name. Names are the same in upper and lower case, as e-mail addresses are. */
export function userId(name: string): string {
  const hex = createHash("sha256").update(`user ${name.toLowerCase()}`).digest("hex");
  return hex.slice(0, 32).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5");
}

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

function decoded(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, "base64url").toString());
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

const signature = (text: string, key: Buffer): string => createHmac("sha256", key).update(text).digest("base64url");
