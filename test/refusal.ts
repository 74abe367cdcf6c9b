import { ShapelineError } from "../dsl/errors.js";

/**
 * The error that `work` fails with, as `CODE message`. The test fails if `work` succeeds or its error has no code.
 *
 * @param work a promise, or a function that throws or returns a promise
 * @param vary texts that differ from run to run, each with the placeholder that replaces it
 * @example expect(await refusal(live.infer([]))).toBe("SL5003 …")
 */
export async function refusal(
  work: PromiseLike<unknown> | (() => unknown),
  ...vary: readonly (readonly [text: string, placeholder: string])[]
): Promise<string> {
  const { code, message } = await refusalError(work);
  return vary.reduce((text, [from, to]) => text.replaceAll(from, to), `${code} ${message}`);
}

/** The error itself, for tests that look at its class or details. */
export async function refusalError(work: PromiseLike<unknown> | (() => unknown)): Promise<ShapelineError> {
  let error: unknown;
  try {
    await (typeof work === "function" ? work() : work);
    error = new TypeError("it was not refused");
  } catch (thrown) {
    error = thrown;
  }
  if (!(error instanceof ShapelineError)) throw error;
  return error;
}
