import { InferenceSession } from "onnxruntime-node";
import { afterAll, describe, expect, test, vi } from "vitest";

let runs = 0;
const create = InferenceSession.create.bind(InferenceSession) as (
  bytes: Uint8Array,
  options: object,
) => Promise<InferenceSession>;
// Hides the handler by which the engine skips the checks of `session.run`.
const spy = vi.spyOn(InferenceSession, "create").mockImplementation(async (bytes, options) => {
  const session = await create(bytes, options as object);
  return new Proxy(session, {
    get(target, key) {
      if (key === "handler") return undefined;
      if (key === "run") runs++;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
});

describe("with only the public run of ONNX Runtime", async () => {
  // The query makes it a module of its own: files share modules, and this one may already have run.
  const engineTests = "../engine.test.js?public-run";
  await import(/* @vite-ignore */ engineTests);

  test("all runs above used it", () => {
    expect(runs).toBeGreaterThan(40);
  });
});

afterAll(() => spy.mockRestore());
