import { writeSync } from "node:fs";
import { createRequire } from "node:module";
import { inspect } from "node:util";
import { isMainThread } from "node:worker_threads";

/**
 * Ends the process now, with its exit code. Node waits for every thread before it exits, also for a native call inside
 * one, and such a call then aborts the process. WASI's `proc_exit` is the only exit without that wait.
 *
 * To be called by a listener of `exit`; the listeners after it are called first. Does nothing in a worker thread, which
 * must not end the whole process.
 *
 * @param self the calling listener
 * @param uncaught the error that ends the process, if one does: Node would print it after the listeners
 */
export function forceExit(
  self: (code: number) => void,
  code: number,
  uncaught: { readonly error: unknown } | null,
): void {
  if (!isMainThread) return;
  const listeners = process.listeners("exit") as ((code: number) => void)[];
  for (const listener of listeners.slice(listeners.indexOf(self) + 1)) listener.call(process, code);
  if (uncaught !== null && process.listenerCount("uncaughtException") === 0)
    writeSync(2, `Uncaught ${inspect(uncaught.error)}\n`);
  const { WASI } = createRequire(import.meta.url)("node:wasi") as typeof import("node:wasi");
  const wasi = new WASI({ version: "preview1", returnOnExit: false });
  const { proc_exit: end } = wasi.wasiImport as { readonly proc_exit: (code: number) => void };
  const { WebAssembly } = globalThis as unknown as {
    readonly WebAssembly: { readonly Memory: new (size: { readonly initial: number }) => object };
  };
  wasi.start({ exports: { memory: new WebAssembly.Memory({ initial: 1 }), _start: () => end(code) } });
}
