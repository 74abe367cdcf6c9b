import { engineStepKind } from "./step-kind.js";

/** A condition over the rows of many requests, evaluated on the log. A single request does nothing here. */
export const alertKind = engineStepKind<"alert">({ compile: () => null });
