import * as z from "zod";
import type { StepKind } from "../../../dsl/index.js";
import type { Data } from "../schema-parts.js";
import { alertKind } from "./alert.js";
import { auditKind } from "./audit.js";
import { keySplitKind } from "./key-split.js";
import { modelKind } from "./model.js";
import { modelsKind } from "./models.js";
import { randomSplitKind } from "./random-split.js";
import { refineKind } from "./refine.js";
import { selectKind } from "./select.js";
import { shadowKind } from "./shadow.js";
import type { ConfigStepKind } from "./step-kind.js";
import { validationKind } from "./validation.js";

/** The step kinds of a config, in the order of its JSON Schema. */
const stepKinds = {
  model: modelKind,
  models: modelsKind,
  audit: auditKind,
  select: selectKind,
  keySplit: keySplitKind,
  randomSplit: randomSplitKind,
  shadow: shadowKind,
  validation: validationKind,
  alert: alertKind,
  refine: refineKind,
} as const satisfies { readonly [K in StepKind]: unknown };

type StepSchema = (typeof stepKinds)[StepKind]["schema"];

const schemas = Object.values(stepKinds).map(({ schema }) => schema) as unknown as readonly [
  StepSchema,
  ...StepSchema[],
];

export const stepSchema = z.discriminatedUnion("kind", schemas);

/** A step of a config; it names its models. */
export type StepConfig = Data<z.infer<StepSchema>>;
export type StepConfigOf<K extends StepKind> = Extract<StepConfig, { kind: K }>;

/** The table entry of a kind, for code that handles any step. */
export function stepKind(kind: StepKind): ConfigStepKind<StepConfig> {
  return stepKinds[kind] as unknown as ConfigStepKind<StepConfig>;
}
