/**
 * The interface of Standard Schema, version 1 (standardschema.dev): what tRPC, Hono, TanStack Form and others take.
 * Written out here, so that it needs no package.
 */
export interface StandardSchema<out Input, out Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: "shapeline";
    /** Synchronous. Returns the value itself. */
    readonly validate: (value: unknown) => SchemaResult<Output>;
    /** Types only. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** A value that fits, or why it does not. */
export type SchemaResult<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly message: string;
  /** Where in the value: `[0, "pixels", 3]`. */
  readonly path: readonly PropertyKey[];
}

/** A schema whose `find` returns the first flaw of a value, or null. */
export function standardSchema<T>(find: (value: unknown) => SchemaIssue | null): StandardSchema<T> {
  return Object.freeze({
    "~standard": Object.freeze({
      version: 1 as const,
      vendor: "shapeline" as const,
      validate(value: unknown): SchemaResult<T> {
        const issue = find(value);
        return issue === null ? { value: value as T } : { issues: [issue] };
      },
    }),
  });
}
