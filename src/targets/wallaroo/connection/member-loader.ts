import { TargetError } from "../../../../dsl/errors.js";
import { formatIssue } from "../../../config/format-issue.js";
import { bounds } from "../../../util/bounds.js";
import { errorMessage } from "../../../util/error-message.js";
import { isRecord } from "../../../util/objects.js";
import {
  memberOf,
  membersDocument,
  type MembersRequest,
  objectKinds,
  type ObjectKind,
} from "../../../wallaroo/api/object-kinds.js";
import { unexpectedAnswer } from "./platform-errors.js";

/** What a GraphQL server answers: data of the fields that it could read, and errors for the others. */
export interface GraphqlAnswer {
  readonly data: unknown;
  readonly errors: readonly { readonly message: string; readonly path?: readonly (string | number)[] | undefined }[];
}

export type SendDocument = (document: string, variables: Readonly<Record<string, unknown>>) => Promise<GraphqlAnswer>;

interface Waiting {
  readonly kind: ObjectKind;
  readonly id: number;
  readonly members: Map<string, Deferred>;
}

interface Deferred {
  readonly promise: Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

function deferred(): Deferred {
  let [resolve, reject]: [Deferred["resolve"], Deferred["reject"]] = [() => undefined, () => undefined];
  const promise = new Promise<unknown>((...functions) => ([resolve, reject] = functions));
  return { promise, resolve, reject };
}

/**
 * Reads members of objects. All that are asked for in one turn of the event loop, of any objects, are one request.
 */
export class MemberLoader {
  readonly #send: SendDocument;
  readonly #where: string;
  #waiting = new Map<string, Waiting>();

  constructor(send: SendDocument, where: string) {
    this.#send = send;
    this.#where = where;
  }

  /**
   * Reads one member.
   *
   * @throws TargetError SL6007 for an object that the platform does not have, SL6053 for a field it refuses, SL6055
   * for a value of another form
   */
  load(kind: ObjectKind, id: number, member: string): Promise<unknown> {
    if (this.#waiting.size === 0) setTimeout(() => this.#flush(), 0);
    const key = `${kind} ${id}`;
    const entry: Waiting = this.#waiting.get(key) ?? { kind, id, members: new Map<string, Deferred>() };
    this.#waiting.set(key, entry);
    const known: Deferred | undefined = entry.members.get(member);
    if (known !== undefined) return known.promise;
    const waiting = deferred();
    entry.members.set(member, waiting);
    return waiting.promise;
  }

  #flush(): void {
    const all = [...this.#waiting.values()];
    this.#waiting = new Map();
    const size = bounds.platformObjects.limit;
    for (let at = 0; at < all.length; at += size) void this.#read(all.slice(at, at + size));
  }

  async #read(objects: readonly Waiting[]): Promise<void> {
    const requests = objects.map(({ kind, id, members }) => ({ kind, id, members: [...members.keys()] }));
    const { document, variables } = membersDocument(requests);
    let answer: GraphqlAnswer;
    try {
      answer = await this.#send(document, variables);
      // A proxy that mixes up two requests gives the members of other objects: they are asked for once more.
      if (!isOwn(answer, requests)) answer = await this.#send(document, variables);
    } catch (error) {
      for (const { members } of objects) for (const { reject } of members.values()) reject(error);
      return;
    }
    objects.forEach((object, i) => this.#settle(object, `o${i}`, answer));
  }

  #settle({ kind, id, members }: Waiting, alias: string, { data, errors }: GraphqlAnswer): void {
    const what = `${objectKinds[kind].words} ${id}`;
    const own = errors.filter(({ path }) => path === undefined || path[0] === alias);
    const found = isRecord(data) ? data[alias] : undefined;
    for (const [name, { resolve, reject }] of members) {
      if (isOther({ data }, alias, id)) {
        reject(unexpectedAnswer(this.#where, `${what} was asked for, and it has another one`));
        continue;
      }
      const field = isRecord(found) ? found[aliasOf(kind, name)] : undefined;
      if (field === undefined || (field === null && own.length > 0)) {
        const [first] = own;
        reject(
          first !== undefined
            ? new TargetError(
                "SL6053",
                `${this.#where}: the platform does not answer '${name}' of ${what}: ${first.message}; use the credentials of a user who may read it`,
                { kind, id, member: name },
              )
            : found === null
              ? new TargetError(
                  "SL6007",
                  `${this.#where}: the platform has no ${what}; it may be deleted, or of another workspace`,
                  { kind, id },
                )
              : unexpectedAnswer(this.#where, `${what} has no '${name}'`),
        );
        continue;
      }
      try {
        resolve(checkMember(kind, name, field));
      } catch (error) {
        reject(unexpectedAnswer(this.#where, `${what}: ${errorMessage(error)}`));
      }
    }
  }
}

/** Whether an answer has another object in the place of one that was asked for. */
function isOther({ data }: Pick<GraphqlAnswer, "data">, alias: string, id: number): boolean {
  const found = isRecord(data) ? data[alias] : undefined;
  const key = isRecord(found) ? found["id"] : undefined;
  // Some releases return keys as text.
  return key !== undefined && key !== id && key !== String(id);
}

/** Whether an answer has a value, or an error, for each member that was asked for. */
function isOwn(answer: GraphqlAnswer, requests: readonly MembersRequest[]): boolean {
  const { data, errors } = answer;
  if (errors.length > 0) return true;
  return requests.every(({ kind, id, members }, i) => {
    const found = isRecord(data) ? data[`o${i}`] : undefined;
    if (found === null) return true;
    return isRecord(found) && !isOther(answer, `o${i}`, id) && members.every((name) => aliasOf(kind, name) in found);
  });
}

/** The key of a member in an answer: an alias where its selection has one. */
function aliasOf(kind: ObjectKind, name: string): string {
  return /^(\w+):/.exec(memberOf(kind, name)?.select ?? "")?.[1] ?? name;
}

/** @throws TargetError SL6055 with the flaw of a value that has another form */
export function checkMember(kind: ObjectKind, name: string, value: unknown): unknown {
  const member = memberOf(kind, name);
  if (member === undefined) throw new TargetError("SL6055", `there is no member '${name}'`);
  const parsed = member.schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new TargetError("SL6055", `'${name}': ${issue === undefined ? "has another form" : formatIssue(issue, value)}`);
}
