import { PipelineError, type Problem } from "../../dsl/errors.js";
import {
  checkPipeline,
  portsOf,
  secondsIn,
  type AlertStep,
  type AnyPipeline,
  type Model,
  type Step,
  type StepKind,
  type ValidationStep,
} from "../../dsl/index.js";
import { withRenamed } from "../../dsl/renamed-ports.js";
import { sealConfig } from "../../src/config/config.js";
import type { Config, ModelConfig, StepConfig } from "../../src/config/schema.js";
import { valuesOf } from "../../src/expression/surface/attachment.js";
import { compileAlert, type Compiled, compileExpression } from "../../src/expression/compile.js";
import type { RowScope } from "../../src/expression/tree/scope.js";
import {
  surfaceLambda,
  type Constants,
  type Diagnostic,
  type SurfaceLambda,
} from "../../src/expression/surface/surface.js";
import { attachedTo } from "../lambda/attach/read-attachment.js";
import { placeOf, renderDiagnostic } from "../lambda/diagnostics.js";
import { readLambda } from "../lambda/read-function.js";

export interface BuildOptions {
  /** The whole text of a source file, by the name that a diagnostic shows, so that its frame has full lines. */
  readonly fileText?: (file: string) => string | undefined;
}

/** Compiles a pipeline to its config; `build()` of the package is this, loaded when it is first called. */
export function buildConfig(pipeline: AnyPipeline, options: BuildOptions = {}): Config {
  const checked = checkPipeline(pipeline);
  const problems: Problem[] = [...checked.problems];
  if (problems[0]?.code === "SL2040") throw new PipelineError("?", problems);
  const steps = pipeline.steps.map((step, i) => {
    // Lambdas are read all the same, so that their problems stand beside those of the steps.
    if (checked.problems.length > 0 && step.kind !== "validation" && step.kind !== "alert") return null;
    const convert = convertByKind[step.kind] as (step: Step, place: Place) => StepConfig | null;
    return convert(step, { scope: checked.scopes[i], pipeline: pipeline.name, problems, options });
  });
  if (problems.length > 0) throw new PipelineError(pipeline.name, problems);
  return sealConfig({
    shapeline: 1,
    name: pipeline.name,
    inputs: portsOf(pipeline.inputs),
    models: pipeline.modelList.map(modelConfig),
    steps: steps.filter((s) => s !== null),
    checks: checked.checks,
  });
}

/** What a step is converted with. */
interface Place {
  /** What a lambda of this step may read; without it the steps before do not fit, which has been reported. */
  readonly scope: RowScope | undefined;
  readonly pipeline: string;
  readonly problems: Problem[];
  readonly options: BuildOptions;
}

/** A step as data; models by their names. */
const convertByKind: {
  readonly [K in StepKind]: (step: Extract<Step, { kind: K }>, place: Place) => StepConfig | null;
} = {
  model: ({ kind, model, rename }) => ({ kind, model: model.name, rename: { ...rename } }),
  models: ({ kind, models }) => ({ kind, models: models.map(({ name }) => name) }),
  audit: ({ kind, from, to }) => ({ kind, from, to }),
  select: ({ kind, index }) => ({ kind, index }),
  keySplit: ({ kind, key, default: fallback, routes }) => ({
    kind,
    key,
    default: fallback.name,
    routes: Object.fromEntries(Object.entries(routes).map(([value, model]) => [value, model.name])),
  }),
  randomSplit: ({ kind, hashKey, weights }) => ({
    kind,
    hashKey,
    weights: weights.map(([weight, model]) => ({ model: model.name, weight })),
  }),
  shadow: ({ kind, champion, challengers }) => ({
    kind,
    champion: champion.name,
    challengers: challengers.map(({ name }) => name),
  }),
  validation: compileValidation,
  alert: compileAlertStep,
  refine: ({ kind, sizes }) => ({ kind, sizes: { ...sizes } }),
};

function modelConfig(model: Model): ModelConfig {
  return {
    name: model.name,
    version: model.version,
    sha256: model.sha256,
    inputs: portsOf(model.inputs),
    outputs: portsOf(model.outputs),
    ...withRenamed(model.renamed),
  };
}

function compileValidation(step: ValidationStep, place: Place): StepConfig | null {
  const compiled = compileLambda(step.check, { validation: step.name }, place, (lambda, scope, constants) =>
    compileExpression(lambda, scope, constants, { name: step.name }),
  );
  return compiled && { kind: "validation", name: step.name, ...compiled };
}

function compileAlertStep(step: AlertStep, place: Place): StepConfig | null {
  const [overSeconds, forSeconds] = [secondsIn(step.over), step.for === null ? 0 : secondsIn(step.for)];
  const compiled = compileLambda(step.condition, { alert: step.name }, place, (lambda, scope, constants) =>
    compileAlert(
      lambda,
      { scope, pipeline: place.pipeline, name: step.name, overSeconds: overSeconds ?? 1 },
      constants,
    ),
  );
  // What is wrong with a duration has been reported.
  if (compiled === null || overSeconds === null || forSeconds === null) return null;
  const { source, expression } = compiled;
  return { kind: "alert", name: step.name, source, overSeconds, forSeconds, expression };
}

/** Reads a step's lambda and compiles it, or reports everything that is wrong with it. */
function compileLambda<E>(
  fn: (given: never) => unknown,
  step: Readonly<Record<string, string>>,
  { scope, problems, options: { fileText } }: Place,
  compile: (lambda: SurfaceLambda, scope: RowScope, constants: Constants) => Compiled<E>,
): { readonly source: string; readonly expression: E } | null {
  const attached = attachedTo(fn);
  const read = attached ?? readLambda(fn);
  const { lambda, diagnostics } = read;
  const text = read.location === null ? undefined : fileText?.(read.location.file);
  const refuse = (found: readonly Diagnostic[]) => {
    for (const diagnostic of found) {
      const { code, message, hint } = diagnostic;
      const shown = text === undefined ? {} : { fileText: text };
      const place = placeOf(diagnostic, read, shown);
      problems.push({
        code: code as Problem["code"],
        message: renderDiagnostic(diagnostic, read, shown),
        details: { ...step, message, hint, ...(place !== null && { place }) },
      });
    }
    return null;
  };
  if (diagnostics.length > 0) return refuse(diagnostics);
  // What a build tool left on the function comes from outside, perhaps from another version of it.
  if (lambda === null || (attached !== undefined && !surfaceLambda.safeParse(lambda).success)) {
    return refuse([
      {
        code: "SL1051",
        message: "the compiled form that a build tool left on this lambda cannot be read",
        start: 0,
        end: read.source.length,
        hint: "build with the version of shapeline that runs",
      },
    ]);
  }
  if (scope === undefined) return null;
  const constants = valuesOf(attached?.constants ?? {});
  if ("unread" in constants) {
    return refuse([
      {
        code: "SL1050",
        message: `'${constants.unread}' has no value yet: ${constants.why}`,
        start: 0,
        end: lambda.source.length,
        hint: "declare it before the pipeline that reads it",
      },
    ]);
  }
  const compiled = compile(lambda, scope, constants.values);
  return compiled.ok ? { source: lambda.source, expression: compiled.expression } : refuse(compiled.diagnostics);
}
