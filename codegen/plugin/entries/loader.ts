import remapping, { type EncodedSourceMap } from "@jridgewell/remapping";
import { problemsError } from "../problems-error.js";
import { resolveOptions, type PluginOptions } from "../options.js";
import type { Transform } from "../transform.js";

export type { PluginOptions } from "../options.js";

/** The part of a webpack loader's context used here. Turbopack and Rspack provide the same. */
export interface LoaderContext {
  /** The file's absolute path. */
  readonly resourcePath: string;
  /** The query of the import, with `?`; empty if there is none. */
  readonly resourceQuery?: string;
  getOptions(): object;
  async(): (error: Error | null, code?: string, map?: EncodedSourceMap | string) => void;
  emitWarning?(warning: Error): void;
}

/** A transform for each set of options. */
const transforms = new Map<string, Transform>();

/**
 * Compiles the lambdas of pipelines as a loader of webpack, for bundlers that take loaders but no plugins, such as
 * Turbopack in Next.js. Must run before loaders that remove types. The options are those of the plugin; `readAtRunTime`
 * has no effect.
 *
 * @throws TargetError SL6011 for an unknown option
 * @example
 * // next.config.ts
 * export default {
 *   turbopack: { rules: { "*.pipeline.ts": { loaders: ["shapeline/loader"] } } },
 * };
 */
export default function shapelineLoader(
  this: LoaderContext,
  code: string,
  inputMap?: EncodedSourceMap | string | null,
): void {
  const done = this.async();
  load(this, code, inputMap ?? undefined).then(
    ([transformed, map]) => done(null, transformed, map),
    (error: unknown) => done(error as Error),
  );
}

async function load(
  context: LoaderContext,
  code: string,
  inputMap: EncodedSourceMap | string | undefined,
): Promise<[code: string, map?: EncodedSourceMap | string]> {
  const userOptions = context.getOptions() as PluginOptions;
  const options = resolveOptions(userOptions, "shapeline/loader");
  const key = JSON.stringify(options);
  const { createTransform, saveCompiledCode } = await import("../transform.js");
  const transform = transforms.get(key) ?? createTransform(options);
  transforms.set(key, transform);
  const transformed = transform(code, context.resourcePath + (context.resourceQuery ?? ""));
  await saveCompiledCode();
  if (transformed === null) return inputMap === undefined ? [code] : [code, inputMap];
  const { problems, warnings } = transformed;
  if (options.failOnError && problems.length > 0) throw withoutStack(problemsError(problems));
  for (const problem of [...warnings, ...problems]) context.emitWarning?.(withoutStack(problemsError([problem])));
  if (inputMap === undefined) return [transformed.code, JSON.parse(transformed.map) as EncodedSourceMap];
  return [transformed.code, remapping([transformed.map, inputMap], () => null) as EncodedSourceMap];
}

/** Bundlers print an error with its stack, which only tells of this file. */
function withoutStack(error: Error): Error {
  error.stack = error.message;
  return Object.assign(error, { hideStack: true });
}
