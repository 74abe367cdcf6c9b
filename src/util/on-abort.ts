const listeners = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `callback` once when a signal aborts. All callbacks of a signal share one listener: Node takes more than ten
 * listeners for a leak and warns, and one signal may stop any number of requests.
 *
 * @returns removes the callback
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const existing = listeners.get(signal);
  const callbacks = existing ?? new Set();
  if (existing === undefined) {
    const listener = (): void => {
      listeners.delete(signal);
      for (const each of [...callbacks]) each();
    };
    listeners.set(signal, callbacks);
    signal.addEventListener("abort", listener, { once: true });
  }
  callbacks.add(callback);
  return () => void callbacks.delete(callback);
}
