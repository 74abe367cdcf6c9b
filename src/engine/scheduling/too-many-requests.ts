import { TargetError } from "../../../dsl/errors.js";

/**
 * The refusal of a request beyond `concurrency`. Without a stack, which costs nine tenths of a refusal and says nothing
 * about a burst.
 *
 * @param what is busy: "pipeline 'fraud'"
 * @param wayOut beside a retry
 */
export function tooManyRequests(what: string, concurrency: number, wayOut: string): TargetError {
  const { stackTraceLimit } = Error;
  Reflect.set(Error, "stackTraceLimit", 0);
  const error = new TargetError(
    "SL6013",
    `${what} is busy with ${concurrency === 1 ? "a request; retry when it is done" : `${concurrency} requests; retry when one of them is done`}, ${wayOut}`,
    { concurrency },
  );
  Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
  return error;
}
