const key = Symbol.for("shapeline.process-exit");

/**
 * Work for the end of the process; it must be synchronous. One listener serves all of it, in all copies of this module:
 * Node warns of a leak at the eleventh listener.
 */
export const onProcessExit: Set<() => void> = ((globalThis as { [key]?: Set<() => void> })[key] ??= listen());

function listen(): Set<() => void> {
  const work = new Set<() => void>();
  process.on("exit", () => {
    for (const each of work) each();
  });
  return work;
}
