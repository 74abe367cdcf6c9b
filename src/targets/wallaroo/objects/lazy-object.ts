import { TargetError } from "../../../../dsl/errors.js";
import { errorMessage } from "../../../util/error-message.js";
import { describeValue } from "../../../util/format-value.js";
import { isRecord } from "../../../util/objects.js";
import {
  memberOf,
  type MemberOf,
  type MemberValue,
  objectKinds,
  type ObjectKind,
} from "../../../wallaroo/api/object-kinds.js";
import type { PlatformClient } from "../connection/client.js";
import { checkMember } from "../connection/member-loader.js";
import type { Signatures } from "./signatures.js";
import type { ObjectFactory } from "./types.js";

const inspect = Symbol.for("nodejs.util.inspect.custom");

/** A client that also makes objects. */
export interface ObjectClient extends PlatformClient {
  readonly objects: ObjectFactory;
  /** The ports of models that the client was told. */
  readonly signatures: Signatures;
}

/**
 * An object of the platform, made from data of which only the key must be there. A missing member is read from the
 * platform when it is asked for: once, however many ask, and together with all that is asked for at the same time.
 */
export abstract class LazyObject<K extends ObjectKind> {
  readonly id: number;
  readonly #kind: K;
  readonly #client: ObjectClient;
  readonly #known = new Map<string, unknown>();
  readonly #loading = new Map<string, Promise<unknown>>();

  /** @throws TargetError SL6055 for data without a key, or with a member of another form */
  constructor(kind: K, client: ObjectClient, data: object) {
    const { words } = objectKinds[kind];
    const { id } = data as { readonly id?: unknown };
    if (!isRecord(data) || typeof id !== "number" || !Number.isSafeInteger(id) || id < 0)
      throw new TargetError(
        "SL6055",
        `a ${words} is made from data with at least its key, such as { id: 4 }; got ${isRecord(data) ? `the id ${describeValue(id)}` : describeValue(data)}`,
        { kind },
      );
    this.id = id;
    this.#kind = kind;
    this.#client = client;
    for (const [name, value] of Object.entries(data)) {
      // A member that the release does not have may come as undefined; what is no member is of no use here.
      if (value === undefined || memberOf(kind, name) === undefined) continue;
      try {
        this.#known.set(name, checkMember(kind, name, value));
      } catch (error) {
        throw new TargetError("SL6055", `the data of ${words} ${id} is not valid: ${errorMessage(error)}`, {
          kind,
          id,
        });
      }
    }
  }

  protected get client(): ObjectClient {
    return this.#client;
  }

  /** A member, from what is known or from the platform. */
  protected async member<M extends MemberOf<K>>(name: M): Promise<MemberValue<K, M>> {
    if (this.#known.has(name)) return this.#known.get(name) as MemberValue<K, M>;
    let loading = this.#loading.get(name);
    if (loading === undefined) {
      loading = this.#load(name);
      this.#loading.set(name, loading);
    }
    return (await loading) as MemberValue<K, M>;
  }

  async #load(name: MemberOf<K>): Promise<unknown> {
    try {
      if (memberOf(this.#kind, name)?.recent === true && !(await this.#client.isRecent()))
        throw new TargetError(
          "SL6053",
          `this release of the platform has no '${name}' of a ${objectKinds[this.#kind].words}; releases since 2024 have it`,
          { kind: this.#kind, member: name },
        );
      const value = await this.#client.members.load(this.#kind, this.id, name);
      this.#known.set(name, value);
      return value;
    } finally {
      // A failure is not kept: the next caller asks again.
      this.#loading.delete(name);
    }
  }

  protected async time(name: MemberOf<K>): Promise<Date> {
    const text = await this.member(name);
    const date = new Date(String(text));
    if (!Number.isNaN(date.getTime())) return date;
    throw new TargetError(
      "SL6055",
      `'${name}' of ${objectKinds[this.#kind].words} ${this.id} is no time: ${describeValue(text)}`,
      {},
    );
  }

  /** Takes what a call of the platform has just answered. */
  protected learn(name: MemberOf<K>, value: unknown): void {
    this.#known.set(name, value);
  }

  /** Takes what another handle of the same object knows. */
  protected learnFrom(other: LazyObject<K>): void {
    for (const [name, value] of other.#known) this.#known.set(name, value);
  }

  protected forget(...names: readonly MemberOf<K>[]): void {
    for (const name of names) this.#known.delete(name);
  }

  refresh(): this {
    this.#known.clear();
    return this;
  }

  toJSON(): Readonly<Record<string, unknown>> {
    return { id: this.id, ...Object.fromEntries(this.#known) };
  }

  /** In terminals and logs: the kind, and what is known. */
  [inspect](): string {
    const { words } = objectKinds[this.#kind];
    const known = Object.entries(this.toJSON()).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
    return `${words} { ${known.join(", ")} }`;
  }
}
