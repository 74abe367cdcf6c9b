import { LambdaError } from "../../../dsl/errors.js";
import type { RowScope } from "../../../dsl/row.js";
import type { AlertExpression, Expression } from "../../expression/compile.js";

/** The lambda of a config's step: what it compiled to, and what it could read there. */
export interface StoredLambda {
  readonly source: string;
  readonly expression: (Expression & { readonly kept?: string | undefined }) | AlertExpression;
  /** Known once the pipeline is complete. */
  scope: RowScope | null;
}

const stored = new WeakMap<object, StoredLambda>();

/**
 * A function that stands for a config's lambda in a rebuilt pipeline. `build()` uses the compiled expression; the
 * function cannot run, because a config contains no JavaScript.
 */
export function storedLambda({ source, expression }: Omit<StoredLambda, "scope">): () => never {
  const lambda = (): never => {
    throw new LambdaError(
      "SL1044",
      `the lambda '${source}' was read from a config, which contains its expression and no function; evaluate() of 'shapeline/testing' runs it`,
    );
  };
  stored.set(lambda, { source, expression, scope: null });
  return lambda;
}

/** What `storedLambda` made a function of, or undefined for any other value. */
export function readStoredLambda(lambda: unknown): StoredLambda | undefined {
  return typeof lambda === "function" ? stored.get(lambda) : undefined;
}
