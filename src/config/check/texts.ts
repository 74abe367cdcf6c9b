import type { Problem } from "../../../dsl/errors.js";
import type { RowScope } from "../../../dsl/row.js";
import { writtenNodes } from "../../expression/backends/emitter.js";
import { emitAlertAll, emitAll } from "../../expression/compile.js";
import { readsProblem } from "../../expression/tree/reads.js";
import { bounds, exceeded } from "../../util/bounds.js";
import { escapeUnsafe } from "../../util/escape-text.js";
import type { Config, StepConfig, StepConfigOf } from "../schema.js";

// The texts of a config's expressions, one per language. They follow from the trees: nothing that runs is read from
// them, but platforms receive them and people read them.

type LambdaStep = StepConfigOf<"validation" | "alert">;
type Texts = Pick<LambdaStep["expression"], "strings" | "refused">;

/** The texts of a config's expressions by step, or why they cannot be compiled. */
export interface CompiledTexts {
  readonly texts: ReadonlyMap<number, Texts>;
  readonly problems: readonly Problem[];
}

/** Compiles the texts again from the trees, and checks that a row has what the trees read. */
export function compileTexts(config: Config, scopes: readonly RowScope[]): CompiledTexts {
  const texts = new Map<number, Texts>();
  const problems: Problem[] = [];
  const before = writtenNodes();
  for (const [index, step] of config.steps.entries()) {
    if (!hasLambda(step)) continue;
    const scope = scopes[index] as RowScope;
    const wrongRead = readsProblem(step.expression.tree, scope);
    if (wrongRead !== null) problems.push(problem("SL4004", index, step, wrongRead));
    else texts.set(index, textsOf(step, config.name, scope));
    if (writtenNodes() - before > bounds.configTexts.limit)
      return { texts, problems: [{ code: "SL4008", message: exceeded(bounds.configTexts) }] };
  }
  return { texts, problems };
}

/** The texts and refusals in a config that its trees do not have. */
export function textProblems({ steps }: Config, { texts }: CompiledTexts): Problem[] {
  return steps.flatMap((step, index) => {
    const compiled = texts.get(index);
    if (!hasLambda(step) || compiled === undefined) return [];
    return differences(step, compiled).map((backEnd) =>
      problem("SL4007", index, step, `its text for '${backEnd}' does not follow from its expression`),
    );
  });
}

/**
 * A config with the texts of this version: another version may have written other texts for the same trees. Texts that
 * were kept from a definition of the platform stay.
 */
export function withTexts(config: Config, { texts }: CompiledTexts): Config {
  const steps = config.steps.map((step, index): StepConfig => {
    const compiled = texts.get(index);
    if (!hasLambda(step) || compiled === undefined) return step;
    return { ...step, expression: { ...step.expression, ...withKept(step, compiled) } };
  });
  return { ...config, steps };
}

function problem(code: Problem["code"], step: number, { kind, name }: LambdaStep, message: string): Problem {
  return { code, message: escapeUnsafe(`steps[${step}]: ${kind} '${name}': ${message}`), details: { step } };
}

function hasLambda(step: StepConfig): step is LambdaStep {
  return step.kind === "validation" || step.kind === "alert";
}

function textsOf(step: LambdaStep, pipeline: string, scope: RowScope): Texts {
  const { name, expression } = step;
  return step.kind === "validation"
    ? emitAll(expression.tree, name, scope)
    : emitAlertAll(expression.tree, { pipeline, name, overSeconds: step.overSeconds, scope });
}

function withKept(step: LambdaStep, texts: Texts): Texts {
  const kept = keptIn(step);
  if (kept === undefined) return texts;
  const { [kept]: _, ...refused } = texts.refused;
  return { strings: { ...texts.strings, [kept]: step.expression.strings[kept] as string }, refused };
}

const keptIn = (step: LambdaStep): string | undefined =>
  step.kind === "validation" ? step.expression.kept : undefined;

/** The languages whose text or refusal is not the compiled one. One may be absent: newer versions have more. */
function differences(step: LambdaStep, compiled: Texts): string[] {
  const { strings, refused } = step.expression;
  const kept = keptIn(step);
  const isText = (name: string) => Object.hasOwn(compiled.strings, name) && compiled.strings[name] === strings[name];
  const isRefusal = (name: string) => {
    const [found, own] = [refused[name], Object.hasOwn(compiled.refused, name) ? compiled.refused[name] : undefined];
    return found?.code === own?.code && found?.reason === own?.reason;
  };
  return [
    ...Object.keys(strings).filter((name) => name !== kept && !isText(name)),
    ...Object.keys(refused).filter((name) => name === kept || !isRefusal(name)),
    ...(kept === undefined || Object.hasOwn(strings, kept) ? [] : [kept]),
  ];
}
