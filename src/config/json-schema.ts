import { z } from "zod";
import { configSchema } from "./schema.js";

/** The JSON Schema (2020-12) of a config file, for editors and other languages. It ships as `shapeline/pipeline.schema.json`. */
export function configJsonSchema(): Record<string, unknown> {
  return { title: "Shapeline pipeline config", ...z.toJSONSchema(configSchema) };
}
