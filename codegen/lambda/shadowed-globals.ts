import { createRequire } from "node:module";
import type { Session } from "node:inspector";

/** The function that is being looked at, where the inspector can reach it. */
const inspectedFunction = Symbol.for("shapeline.looked-at");

/**
 * Which names of globals a running function finds declared around it, so that they are not the globals: its text does not tell, and
 * the engine's inspector does. Empty where there is no inspector (another engine than V8, or a Node built without it).
 */
export function shadowedGlobals(fn: object, names: ReadonlySet<string>): ReadonlySet<string> {
  const session = openSession();
  if (session === null) return new Set();
  const holder = globalThis as { [inspectedFunction]?: object };
  try {
    holder[inspectedFunction] = fn;
    const looked = postSync<{ readonly result: RemoteObject }>(session, "Runtime.evaluate", {
      expression: `globalThis[Symbol.for(${JSON.stringify(inspectedFunction.description)})]`,
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
    delete holder[inspectedFunction];
  }
}

interface RemoteObject {
  readonly objectId?: string;
  readonly description?: string;
}

interface Properties {
  readonly result?: readonly { readonly name: string; readonly value?: RemoteObject }[];
  readonly internalProperties?: readonly { readonly name: string; readonly value?: RemoteObject }[];
}

let currentSession: Session | null = null;

/** One session for all lambdas of a pipeline, which are read in one go. */
function openSession(): Session | null {
  if (currentSession !== null) return currentSession;
  try {
    const { Session } = createRequire(import.meta.url)("node:inspector") as typeof import("node:inspector");
    const session = new Session();
    session.connect();
    queueMicrotask(() => {
      currentSession = null;
      session.disconnect();
    });
    currentSession = session;
    return session;
  } catch {
    return null;
  }
}

/** Within one process the inspector answers at once. */
function postSync<T>(session: Session, method: string, params: object): T | undefined {
  let answer: T | undefined;
  session.post(method, params, (_error, result) => {
    answer = result as T;
  });
  return answer;
}

function propertiesOf(session: Session, of: RemoteObject | undefined): Properties {
  return (
    (of?.objectId === undefined
      ? undefined
      : postSync<Properties>(session, "Runtime.getProperties", { objectId: of.objectId, ownProperties: true })) ?? {}
  );
}
