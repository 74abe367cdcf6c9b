import type { StepKind } from "../../../dsl/index.js";
import { alertKind } from "./alert.js";
import { auditKind } from "./audit.js";
import { keySplitKind } from "./key-split.js";
import { modelKind } from "./model.js";
import { modelsKind } from "./models.js";
import { randomSplitKind } from "./random-split.js";
import { refineKind } from "./refine.js";
import { selectKind } from "./select.js";
import { shadowKind } from "./shadow.js";
import type { EngineStepKind } from "./step-kind.js";
import { validationKind } from "./validation.js";

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
} satisfies { readonly [K in StepKind]: EngineStepKind<K> };

/** The table entry of a kind, for code that handles any step. */
export function stepKind(kind: StepKind): EngineStepKind<StepKind> {
  return stepKinds[kind] as unknown as EngineStepKind<StepKind>;
}
