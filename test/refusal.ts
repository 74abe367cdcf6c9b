import { ShapelineError } from "../dsl/errors.js";

/**
 * What a promise is refused with, as `CODE message`; fails where it is not refused, or without a code.
 *
 * @param vary what differs from run to run, and what stands for it
 */
export async function refusal(
  work: Promise<unknown>,
  ...vary: readonly (readonly [text: string, name: string])[]
): Promise<string> {
  const error: unknown = await work.then(
    () => new TypeError("it was not refused"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof ShapelineError)) throw error;
  return vary.reduce((text, [from, to]) => text.replaceAll(from, to), `${error.code} ${error.message}`);
}
