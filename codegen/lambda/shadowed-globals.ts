import { createRequire } from "node:module";
import type { Session } from "node:inspector";

/** The function that is being looked at, where the inspector can reach it. */
const place = Symbol.for("shapeline.looked-at");

/**
 * Which names of globals a running function finds declared around it, so that they are not the globals: its text does not tell, and
 * the engine's inspector does. Empty where there is no inspector (another engine than V8, or a Node built without it).
 */
export function hiddenGlobals(fn: object, names: ReadonlySet<string>): ReadonlySet<string> {
  const session = openSession();
  if (session === null) return new Set();
  const holder = globalThis as { [place]?: object };
  try {
    holder[place] = fn;
    const looked = ask<{ readonly result: Remote }>(session, "Runtime.evaluate", {
      expression: `globalThis[Symbol.for(${JSON.stringify(place.description)})]`,
    });
    const { internalProperties } = propertiesOf(session, looked?.result);
    const { result: scopes } = propertiesOf(
      session,
      internalProperties?.find(({ name }) => name === "[[Scopes]]")?.value,
    );
    const around = (scopes ?? []).flatMap(({ value }) =>
      value === undefined || value.description === "Global" ? [] : [value],
    );
    return new Set(
      around.flatMap((scope) =>
        (propertiesOf(session, scope).result ?? []).flatMap(({ name }) => (names.has(name) ? [name] : [])),
      ),
    );
  } finally {
    delete holder[place];
  }
}

interface Remote {
  readonly objectId?: string;
  readonly description?: string;
}

interface Properties {
  readonly result?: readonly { readonly name: string; readonly value?: Remote }[];
  readonly internalProperties?: readonly { readonly name: string; readonly value?: Remote }[];
}

let opened: Session | null = null;

/** One session for all lambdas of a pipeline, which are read in one go. */
function openSession(): Session | null {
  if (opened !== null) return opened;
  try {
    const { Session } = createRequire(import.meta.url)("node:inspector") as typeof import("node:inspector");
    const session = new Session();
    session.connect();
    queueMicrotask(() => {
      opened = null;
      session.disconnect();
    });
    opened = session;
    return session;
  } catch {
    return null;
  }
}

/** Within one process the inspector answers at once. */
function ask<T>(session: Session, method: string, params: object): T | undefined {
  let answer: T | undefined;
  session.post(method, params, (_error, result) => {
    answer = result as T;
  });
  return answer;
}

function propertiesOf(session: Session, of: Remote | undefined): Properties {
  return (
    (of?.objectId === undefined
      ? undefined
      : ask<Properties>(session, "Runtime.getProperties", { objectId: of.objectId, ownProperties: true })) ?? {}
  );
}
