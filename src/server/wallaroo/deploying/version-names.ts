import { definitionNames, type DefinitionNames } from "../../../wallaroo/read/runnable-definition.js";
import type { PipelineVersionRow } from "../state/rows.js";

/** The names in the config are those on the platform. */
export const noNames: DefinitionNames = { dialect: "polars", models: new Map(), validations: new Map() };

const known = new WeakMap<PipelineVersionRow, DefinitionNames>();

/** What the models and validations of a version's config are named in its definition. */
export function versionNames(version: PipelineVersionRow): DefinitionNames {
  let names = known.get(version);
  if (names === undefined) {
    // The config of TypeScript is the truth, and its definition only shows it.
    names = version.is_config ? noNames : definitionNames(version.definition);
    known.set(version, names);
  }
  return names;
}
