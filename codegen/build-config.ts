import { PipelineError, type Problem } from "../dsl/errors.js";
import { checkPipeline, portsOf, type AnyPipeline, type Step } from "../dsl/index.js";
import { writtenForOtherRow } from "../dsl/messages/edits.js";
import { sealConfig } from "../src/config/config.js";
import { limitProblems } from "../src/config/check/limits.js";
import { canonicalJson } from "../src/config/canonical.js";
import { modelConfig } from "../src/config/model-config.js";
import type { Config, UnhashedConfig } from "../src/config/schema.js";
import { readStoredLambda, type StoredLambda } from "../src/config/rebuild/stored-lambda.js";
import type { CompiledLambda, LambdaCompiler } from "../src/config/steps/step-kind.js";
import { stepKind } from "../src/config/steps/steps.js";
import { readConstants } from "../src/expression/surface/attachment.js";
import {
  type AlertExpression,
  compileAlert,
  type Compiled,
  compileExpression,
  emitAlertAll,
  emitAll,
  type Expression,
} from "../src/expression/compile.js";
import { readsProblem } from "../src/expression/tree/reads.js";
import type { ExpressionTree } from "../src/expression/tree/tree.js";
import type { RowScope } from "../dsl/row.js";
import {
  surfaceLambda,
  type Constants,
  type Diagnostic,
  type SourceLocation,
  type SurfaceLambda,
} from "../src/expression/surface/surface.js";
import { escapeUnsafe } from "../src/util/escape-text.js";
import { readAttachment } from "./lambda/attach/read-attachment.js";
import { placeOf, renderDiagnostic } from "./lambda/diagnostics.js";

/** Reads a lambda that no build tool has attached a tree to, from its text: `readLambda`. */
export type LambdaReader = (fn: (row: never) => unknown) => LambdaOrigin;

interface LambdaOrigin {
  readonly lambda: SurfaceLambda | null;
  readonly diagnostics: readonly Diagnostic[];
  readonly source: string;
  readonly location: SourceLocation | null;
}

export interface BuildOptions {
  /** Returns the text of a source file by the name in a diagnostic; the code frame then shows full lines. */
  readonly fileText?: (file: string) => string | undefined;
}

/** Whether `buildConfig` will call its reader: a lambda has no attached tree. */
export function needsReader(pipeline: AnyPipeline): boolean {
  const steps: unknown = (pipeline as Partial<AnyPipeline> | null)?.steps;
  return Array.isArray(steps) && steps.some((step: Partial<Step> | null) => hasUnreadLambda(step));
}

function hasUnreadLambda(step: Partial<Step> | null): boolean {
  if (step?.kind !== "validation" && step?.kind !== "alert") return false;
  const lambda: unknown =
    step.kind === "validation" ? step.check : (step as Partial<Extract<Step, { kind: "alert" }>>).condition;
  if (readStoredLambda(lambda) !== undefined) return false;
  // The reader also says what is wrong with a value that is no function.
  return typeof lambda !== "function" || readAttachment(lambda) === undefined;
}

/**
 * Compiles a pipeline to its config.
 *
 * @param read the reader of lambdas: a parameter, because its module loads the TypeScript parser. Not called if
 *   `needsReader` is false
 */
export function buildConfig(pipeline: AnyPipeline, read: LambdaReader, options: BuildOptions = {}): Config {
  const checked = checkPipeline(pipeline);
  const problems: Problem[] = [...checked.problems];
  if (problems[0]?.code === "SL2040") throw new PipelineError("?", problems);
  const steps = pipeline.steps.map((step, i) => {
    // Lambdas are compiled even if steps do not fit, so that all problems are reported together.
    if (checked.problems.length > 0 && step.kind !== "validation" && step.kind !== "alert") return null;
    const scope = checked.scopes[i];
    const lambdas = lambdaCompiler({ step: i, scope, pipeline: pipeline.name, problems, read, options });
    return stepKind(step.kind).fromBuilder(step, lambdas, checked.sources.get(i) ?? new Map());
  });
  if (problems.length > 0) throw new PipelineError(pipeline.name, problems);
  const content: UnhashedConfig = {
    shapeline: 1,
    name: pipeline.name,
    inputs: portsOf(pipeline.inputs),
    ...(pipeline.missing !== undefined && pipeline.missing.length > 0 && { missing: [...pipeline.missing] }),
    models: pipeline.modelList.map(modelConfig),
    steps: steps.filter((step) => step !== null),
    checks: checked.checks,
  };
  const large = limitProblems(content);
  if (large.length > 0) throw new PipelineError(pipeline.name, large);
  return sealConfig(content);
}

interface LambdaContext {
  /** The index of the step. */
  readonly step: number;
  /** What a lambda of this step may read; undefined if the steps before it do not fit, which has been reported. */
  readonly scope: RowScope | undefined;
  readonly pipeline: string;
  readonly problems: Problem[];
  readonly read: LambdaReader;
  readonly options: BuildOptions;
}

function lambdaCompiler(context: LambdaContext): LambdaCompiler {
  const { pipeline } = context;
  return {
    validation({ name, check }) {
      const stored = readStoredLambda(check);
      return stored === undefined
        ? compileLambda(check, "validation", name, context, (lambda, scope, constants) =>
            compileExpression(lambda, scope, constants, { name }),
          )
        : reuseLambda(stored, "validation", name, context, (tree, scope) => emitAll(tree, name, scope));
    },
    alert({ name, condition }, overSeconds) {
      const stored = readStoredLambda(condition);
      return stored === undefined
        ? compileLambda(condition, "alert", name, context, (lambda, scope, constants) =>
            compileAlert(lambda, { scope, pipeline, name, overSeconds }, constants),
          )
        : reuseLambda(stored, "alert", name, context, (tree, scope) =>
            emitAlertAll(tree, { scope, pipeline, name, overSeconds }),
          );
    },
  };
}

/**
 * The expression of a lambda that was read from a config. Where a row is what it was, its texts stay, a text kept from
 * a platform included; elsewhere they are written again for the new row.
 */
function reuseLambda<E extends Expression | AlertExpression>(
  { source, expression, scope: before }: StoredLambda,
  kind: "validation" | "alert",
  name: string,
  { step, scope, problems }: LambdaContext,
  emit: (tree: ExpressionTree, scope: RowScope) => Omit<E, "tree">,
): CompiledLambda<E> | null {
  // Problems of the step's place are reported.
  if (scope === undefined || problems.some(({ details }) => details?.["step"] === step)) return null;
  const { tree } = expression;
  const wrongRead = readsProblem(tree, scope);
  if (wrongRead !== null) {
    const message = `${writtenForOtherRow(kind, name, wrongRead)}; write it again with replaceStep(${step}, …)`;
    problems.push({ code: "SL2092", message, details: { step, [kind]: name } });
    return null;
  }
  const isSameRow = before !== null && canonicalJson(before) === canonicalJson(scope);
  return { source, expression: (isSameRow ? expression : { tree, ...emit(tree, scope) }) as E };
}

/** Reads a step's lambda and compiles it, or reports all its problems. */
function compileLambda<E>(
  fn: (row: never) => unknown,
  kind: "validation" | "alert",
  name: unknown,
  { step, scope, problems, read: readLambda, options: { fileText } }: LambdaContext,
  compile: (lambda: SurfaceLambda, scope: RowScope, constants: Constants) => Compiled<E>,
): CompiledLambda<E> | null {
  // Untyped callers pass anything; the reader says what is wrong with a value that is no function.
  const attached = typeof fn === "function" ? readAttachment(fn) : undefined;
  const read = attached ?? readLambda(fn);
  const { lambda, diagnostics } = read;
  const text = read.location === null ? undefined : fileText?.(read.location.file);
  const reportProblems = (found: readonly Diagnostic[]) => {
    for (const diagnostic of found) {
      const { code, message, hint } = diagnostic;
      const where = `${kind} '${typeof name === "string" ? escapeUnsafe(name) : "?"}' (step ${step})`;
      const source = { step: where, ...(text === undefined ? {} : { fileText: text }) };
      const place = placeOf(diagnostic, read, source);
      problems.push({
        code: code as Problem["code"],
        message: renderDiagnostic(diagnostic, read, source),
        details: { step, [kind]: name, message, hint, ...(place !== null && { place }) },
      });
    }
    return null;
  };
  if (diagnostics.length > 0) return reportProblems(diagnostics);
  // The attachment was written by a build tool, possibly of another version, so it is validated.
  if (lambda === null || (attached !== undefined && !surfaceLambda.safeParse(lambda).success)) {
    return reportProblems([
      {
        code: "SL1051",
        message: "the compiled form that a build tool attached to this lambda cannot be read",
        start: 0,
        end: read.source.length,
        hint: "build with the version of shapeline that runs the pipeline",
      },
    ]);
  }
  if (scope === undefined) return null;
  const constants = readConstants(attached?.constants ?? {});
  if ("unreadable" in constants) {
    return reportProblems([
      {
        code: "SL1050",
        message: `'${constants.unreadable}' has no value yet: ${constants.reason}`,
        start: 0,
        end: lambda.source.length,
        hint: "declare it before the pipeline that reads it",
      },
    ]);
  }
  const compiled = compile(lambda, scope, constants.values);
  return compiled.ok
    ? { source: lambda.source, expression: compiled.expression }
    : reportProblems(compiled.diagnostics);
}
