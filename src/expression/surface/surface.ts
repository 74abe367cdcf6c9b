import * as z from "zod";

/** `[start, end)` offsets into the lambda's own source text. */
export type Span = readonly [start: number, end: number];

/** The binary operators a lambda may use. Loose equality is lowered only against `null`. */
export const binaryOps = ["+", "-", "*", "/", "%", "**", "<", ">", "<=", ">=", "===", "!==", "&&", "||", "??"] as const;
export type BinaryOp = (typeof binaryOps)[number];

/**
 * The surface tree: the syntax of a lambda, without types. `let` binds a `const` of the body. `free` is a path from
 * outside the lambda, whose first name is looked up among the constants when the tree is typed.
 */
export type Surface =
  | { readonly kind: "number"; readonly value: number; readonly span: Span }
  | { readonly kind: "bigint"; readonly value: string; readonly span: Span }
  | { readonly kind: "string"; readonly value: string; readonly span: Span }
  | { readonly kind: "boolean"; readonly value: boolean; readonly span: Span }
  | { readonly kind: "null"; readonly span: Span }
  /** A parameter of the lambda or of an inner one, or a `const` of its body. */
  | { readonly kind: "local"; readonly name: string; readonly span: Span }
  | { readonly kind: "free"; readonly path: readonly string[]; readonly span: Span }
  | { readonly kind: "member"; readonly object: Surface; readonly name: string; readonly span: Span }
  | { readonly kind: "index"; readonly object: Surface; readonly index: Surface; readonly span: Span }
  /** The object before a `?.`. */
  | { readonly kind: "optional"; readonly operand: Surface; readonly span: Span }
  | { readonly kind: "not"; readonly operand: Surface; readonly span: Span }
  | { readonly kind: "negate"; readonly operand: Surface; readonly span: Span }
  | {
      readonly kind: "binary";
      readonly op: BinaryOp;
      readonly left: Surface;
      readonly right: Surface;
      readonly span: Span;
    }
  | {
      readonly kind: "conditional";
      readonly test: Surface;
      readonly then: Surface;
      readonly otherwise: Surface;
      readonly span: Span;
    }
  /** A call of a known global function: `Math.abs`, `Number.isNaN`. */
  | { readonly kind: "call"; readonly callee: string; readonly args: readonly Surface[]; readonly span: Span }
  /** A call of a function of the project, or of a function in the lambda: `isSmall(v)`. */
  | { readonly kind: "apply"; readonly callee: Surface; readonly args: readonly Surface[]; readonly span: Span }
  /** A call of a method on a value: `x.out.scores.every(f)`. */
  | {
      readonly kind: "method";
      readonly object: Surface;
      readonly name: string;
      readonly args: readonly Surface[];
      readonly span: Span;
    }
  /** `[a, b]`, and `...list` in it or among the arguments of a call. */
  | { readonly kind: "list"; readonly items: readonly Surface[]; readonly span: Span }
  | { readonly kind: "spread"; readonly operand: Surface; readonly span: Span }
  | { readonly kind: "lambda"; readonly params: readonly string[]; readonly body: Surface; readonly span: Span }
  | {
      readonly kind: "let";
      readonly name: string;
      readonly value: Surface;
      readonly body: Surface;
      readonly span: Span;
    };

const span = z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]).readonly();
const name = z.string().min(1);

/** The schema of surface trees from outside: a plugin's output, a cache. */
export const surface: z.ZodType<Surface> = z.lazy(() =>
  z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("number"), value: z.number(), span }),
    z.strictObject({ kind: z.literal("bigint"), value: z.string().regex(/^-?\d+$/), span }),
    z.strictObject({ kind: z.literal("string"), value: z.string(), span }),
    z.strictObject({ kind: z.literal("boolean"), value: z.boolean(), span }),
    z.strictObject({ kind: z.literal("null"), span }),
    z.strictObject({ kind: z.literal("local"), name, span }),
    z.strictObject({ kind: z.literal("free"), path: z.array(name).min(1), span }),
    z.strictObject({ kind: z.literal("member"), object: surface, name: z.string(), span }),
    z.strictObject({ kind: z.literal("index"), object: surface, index: surface, span }),
    z.strictObject({ kind: z.literal("optional"), operand: surface, span }),
    z.strictObject({ kind: z.literal("not"), operand: surface, span }),
    z.strictObject({ kind: z.literal("negate"), operand: surface, span }),
    z.strictObject({ kind: z.literal("binary"), op: z.enum(binaryOps), left: surface, right: surface, span }),
    z.strictObject({ kind: z.literal("conditional"), test: surface, then: surface, otherwise: surface, span }),
    z.strictObject({ kind: z.literal("call"), callee: name, args: z.array(surface), span }),
    z.strictObject({ kind: z.literal("apply"), callee: surface, args: z.array(surface), span }),
    z.strictObject({ kind: z.literal("list"), items: z.array(surface), span }),
    z.strictObject({ kind: z.literal("spread"), operand: surface, span }),
    z.strictObject({ kind: z.literal("method"), object: surface, name, args: z.array(surface), span }),
    z.strictObject({ kind: z.literal("lambda"), params: z.array(name), body: surface, span }),
    z.strictObject({ kind: z.literal("let"), name, value: surface, body: surface, span }),
  ]),
);

/** The location of a lambda's text: the file as displayed, and the offset, line and column (1-based) of its start. */
export const sourceLocation = z.strictObject({
  file: z.string(),
  offset: z.number().int().nonnegative(),
  line: z.number().int().positive(),
  column: z.number().int().positive(),
});
export type SourceLocation = z.infer<typeof sourceLocation>;

/** A lambda as the front-ends produce it. The location is null if it is not known. */
export const surfaceLambda = z.strictObject({
  source: z.string(),
  param: name,
  body: surface,
  location: sourceLocation.nullable(),
});
export type SurfaceLambda = z.infer<typeof surfaceLambda>;

/** The values of free variables, by the first name of their path: `{ LIMIT: 1, Limits: { max: 2 } }`. */
export type Constants = Readonly<Record<string, unknown>>;

/** An error in a lambda. `start` and `end` are offsets into the lambda's own text. */
export interface Diagnostic {
  readonly code: `SL1${string}`;
  readonly message: string;
  readonly start: number;
  readonly end: number;
  readonly hint?: string;
}

/** The deepest surface tree that is typed. */
export const maxSurfaceDepth = 1000;

/** The depth of a surface tree, computed without recursion. Deeper trees than the limit are one over it. */
export function surfaceDepth(body: Surface | null): number {
  let deepest = 0;
  const pending: { readonly value: unknown; readonly depth: number }[] = [{ value: body, depth: 1 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next.value !== "object" || next.value === null) continue;
    deepest = Math.max(deepest, next.depth);
    if (deepest > maxSurfaceDepth) break;
    const isArray = Array.isArray(next.value);
    for (const child of Object.values(next.value))
      pending.push({ value: child, depth: next.depth + (isArray ? 0 : 1) });
  }
  return deepest;
}
