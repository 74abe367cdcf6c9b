import * as z from "zod";
import type { FoundSource, Source } from "../../../dsl/shapes/sources.js";
import { objectText, quote } from "../chain-text.js";
import { builderConstant, constantSchema, constantText } from "../constants.js";
import { anyNameSchema, type Data, nameSchema } from "../schema-parts.js";
import { configStepKind, servingModels } from "./step-kind.js";

const sourceSchema = z.union([
  /** A request column. */
  z.strictObject({ column: nameSchema }),
  /** An output of the last earlier step that runs the model. */
  z.strictObject({ model: nameSchema, output: nameSchema }),
  z.strictObject({ constant: constantSchema }),
]);

/** Where an input comes from, if not from a current output. */
export type SourceConfig = Data<z.infer<typeof sourceSchema>>;

const schema = z.strictObject({
  kind: z.literal("model"),
  model: nameSchema,
  /** Model input <- current output or, in the first inference step, request column. */
  rename: z.record(anyNameSchema, anyNameSchema),
  /** Model input <- any other source. Absent if there is none. */
  sources: z.record(anyNameSchema, sourceSchema).optional(),
});

/** The sources of a step as a config stores them. */
export function configSources(found: ReadonlyMap<string, FoundSource>): {
  readonly rename: Readonly<Record<string, string>>;
  readonly sources?: Readonly<Record<string, SourceConfig>>;
} {
  const named = [...found];
  const rename = named.flatMap(([input, source]) =>
    "output" in source && !("model" in source) ? [[input, source.output] as const] : [],
  );
  const sources = named.flatMap(([input, source]) =>
    "output" in source && !("model" in source) ? [] : [[input, source] as const],
  );
  return { rename: Object.fromEntries(rename), ...(sources.length > 0 && { sources: Object.fromEntries(sources) }) };
}

function sourceText(source: SourceConfig, isShort: boolean): string {
  if ("constant" in source) return constantText(source.constant, isShort);
  return quote(nameText(source));
}

function nameText(source: Exclude<SourceConfig, { constant: unknown }>): string {
  return "column" in source ? `in.${source.column}` : `${source.model}.${source.output}`;
}

export const modelKind = configStepKind(schema, {
  models: ({ model }) => servingModels(model),
  fromBuilder: ({ kind, model }, _, found) => ({ kind, model: model.name, ...configSources(found) }),
  addTo(pipeline, step, model) {
    const others = Object.entries(step.sources ?? {}).map(([input, source]): readonly [string, Source] => [
      input,
      "constant" in source ? builderConstant(source.constant) : nameText(source),
    ]);
    return pipeline.model(model(step.model), Object.fromEntries([...Object.entries(step.rename), ...others]));
  },
  callText({ model, rename, sources = {} }, handle, isShort) {
    const texts = {
      ...Object.fromEntries(Object.entries(rename).map(([input, from]) => [input, quote(from)])),
      ...Object.fromEntries(Object.entries(sources).map(([input, source]) => [input, sourceText(source, isShort)])),
    };
    return `model(${handle(model)}${Object.keys(texts).length === 0 ? "" : `, ${objectText(texts, (text) => text)}`})`;
  },
});
