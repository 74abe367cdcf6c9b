import { engineStepKind } from "./step-kind.js";

/** Selects which outputs of a tuple are logged. The log's layout is fixed at deploy, so requests do nothing here. */
export const auditKind = engineStepKind<"audit">({ compile: () => null });
