import type { AnyPipeline } from "../../dsl/index.js";

export interface ExportedPipeline {
  readonly exportName: string;
  readonly pipeline: AnyPipeline;
}

/**
 * The pipelines that a module exports, directly or in an exported list or record. Each is returned once, under a named
 * export rather than the default.
 */
export function exportedPipelines(module: Readonly<Record<string, unknown>>): ExportedPipeline[] {
  const found = new Map<AnyPipeline, string>();
  const names = Object.keys(module).sort((a, b) => Number(a === "default") - Number(b === "default"));
  for (const name of names) {
    const value = module[name];
    if (isPipeline(value)) note(value, name);
    else if (Array.isArray(value)) value.forEach((item: unknown, i) => isPipeline(item) && note(item, `${name}[${i}]`));
    else if (isPlainObject(value))
      for (const [key, item] of Object.entries(value)) if (isPipeline(item)) note(item, `${name}.${key}`);
  }
  return [...found].map(([pipeline, exportName]) => ({ exportName, pipeline }));

  function note(pipeline: AnyPipeline, name: string): void {
    if (!found.has(pipeline)) found.set(pipeline, name);
  }
}

/** Checks the shape, not the class: the project may contain a second copy of the package. */
function isPipeline(value: unknown): value is AnyPipeline {
  if (typeof value !== "object" || value === null) return false;
  const { name, steps, deploy } = value as Partial<Record<keyof AnyPipeline, unknown>>;
  return typeof name === "string" && Array.isArray(steps) && typeof deploy === "function";
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
