import { createRequire } from "node:module";
import type { Session } from "node:inspector";

/** The global property through which the inspector reaches the function. */
const inspectedFunction = Symbol.for("shapeline.inspected-function");

/**
 * The names in `names` that a declaration around the function shadows. The function's text does not show this; V8's
 * inspector does. Returns an empty set if there is no inspector (another engine, or a Node built without it).
 */
export function shadowedGlobals(fn: object, names: ReadonlySet<string>): ReadonlySet<string> {
  const session = openSession();
  if (session === null) return new Set();
  const holder = globalThis as { [inspectedFunction]?: object };
  try {
    holder[inspectedFunction] = fn;
    const evaluated = postSync<{ readonly result: RemoteObject }>(session, "Runtime.evaluate", {
      expression: `globalThis[Symbol.for(${JSON.stringify(inspectedFunction.description)})]`,
    });
    const { internalProperties } = propertiesOf(session, evaluated?.result);
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

/** Opens a session, which is shared by all lambdas read in the same tick. */
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

/** Posts a command to the inspector of this process, which calls back synchronously. */
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
