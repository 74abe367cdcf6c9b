import { TargetError } from "../../dsl/errors.js";
import { feedOf } from "../../dsl/ports.js";
import type { Port } from "../../dsl/tensor.js";
import { missing, requestSource, stepSource } from "../../dsl/wording.js";
import type { Config, ModelConfig, StepConfig } from "../config/schema.js";
import { compileChecks } from "../expression/javascript.js";
import { allocate } from "../tensors/dtypes.js";
import type { ChallengerResult } from "../tensors/result.js";
import type { TensorData } from "../tensors/tensor-data.js";
import type { Challenge, ChallengeAnswer } from "./challengers.js";
import { challengersRead } from "./reads.js";
import type { RequestClock } from "./request-clock.js";
import type { Feeds, RunModel } from "./run-model.js";
import { type FeedCheck, feedCheck } from "./runtime-checks.js";

type Tensors = ReadonlyMap<string, TensorData>;

/** A request on its way through the steps. */
export interface Passage {
  readonly rows: number;
  readonly inputs: Tensors;
  readonly clock: RequestClock;
  /** Outputs of the last inference step. */
  outputs: Tensors;
  lastModel: string;
  /** Nanoseconds of every inference step. */
  readonly elapsed: number[];
  readonly challengers: Map<string, ChallengerResult>;
  readonly failures: Map<string, Uint8Array>;
  /** Challengers to run once the answer is out. */
  readonly later: Challenge[];
  /** Why an awaited challenger gave no answer. */
  readonly notes: Map<string, string>;
}

/** One step, compiled. */
type RunStep = (passage: Passage) => Promise<void> | void;

/** What a plan is compiled with. */
interface Parts {
  /** By model name: those whose output goes on. */
  readonly champions: ReadonlyMap<string, RunModel>;
  /** By model name: those that run on the challengers' thread. */
  readonly challengers: ReadonlyMap<string, RunModel>;
  /** Runs a challenger now. Never rejects. */
  readonly answer: (challenge: Challenge, deadlineMs: number) => Promise<ChallengeAnswer>;
  /** Every challenger is awaited, not only those that a validation reads. */
  readonly awaitAll: boolean;
}

/** Compiles a config's steps, once, to functions that run in their order. */
export function compilePlan(config: Config, parts: Parts): readonly RunStep[] {
  const models = new Map(config.models.map((model) => [model.name, model]));
  const read = challengersRead(config);
  const context: Context = { config, parts, read, model: (name) => find(models, name), before: null };
  const steps: RunStep[] = [];
  for (let index = 0; index < config.steps.length; index++) {
    const step = config.steps[index];
    if (step?.kind === "model") steps.push(modelStep(context, index, step));
    else if (step?.kind === "shadow") steps.push(shadowStep(context, index, step));
    else if (step !== undefined) {
      // Validations that stand together read the same columns: one loop does them all.
      const together = [step];
      for (let next = config.steps[index + 1]; next?.kind === "validation"; next = config.steps[++index + 1]) together.push(next);
      steps.push(validations(context, together));
    }
  }
  return steps;
}

interface Context {
  readonly config: Config;
  readonly parts: Parts;
  /** Challengers that some validation reads. */
  readonly read: ReadonlySet<string>;
  readonly model: (name: string) => ModelConfig;
  /** What the last inference step gives and its name in messages; null before the first, which the request feeds. */
  before: { readonly ports: readonly Port[]; readonly source: string } | null;
}

type StepOf<K extends StepConfig["kind"]> = Extract<StepConfig, { kind: K }>;
type Feed = (passage: Passage) => Feeds;

function modelStep(context: Context, index: number, step: StepOf<"model">): RunStep {
  const model = context.model(step.model);
  return championRun(context, index, model, step.rename);
}

function shadowStep(context: Context, index: number, step: StepOf<"shadow">): RunStep {
  const challengers = step.challengers.map((name) => challengerOf(context, index, context.model(name)));
  const champion = championRun(context, index, context.model(step.champion), {});
  const { answer, awaitAll } = context.parts;
  return async (passage) => {
    const challenges = challengers.map((challenge) => challenge(passage));
    const awaited = challenges.filter(({ challenger }) => awaitAll || context.read.has(challenger));
    passage.later.push(...challenges.filter((challenge) => !awaited.includes(challenge)));
    // Begun before the champion, on their own thread, and for half of the time that is left: one that takes all of it must
    // not make the answer late.
    const limit = passage.clock.leftMs / 2;
    const answers = awaited.map(async (challenge) => [challenge.challenger, await answer(challenge, limit)] as const);
    await champion(passage);
    for (const [name, { outputs, note }] of await Promise.all(answers)) {
      if (note !== null) passage.notes.set(name, note);
      const answered = new Uint8Array(passage.rows).fill(note === null ? 1 : 0);
      passage.challengers.set(name, { outputs: outputs ?? nothing(context.model(name), passage.rows), answered });
    }
  };
}

/** A model whose output goes on. */
function championRun(context: Context, index: number, model: ModelConfig, rename: Readonly<Record<string, string>>): RunStep {
  const { feed, check } = feeding(context, index, model, rename);
  const run = find(context.parts.champions, model.name);
  const names = model.outputs.map((port) => port.name);
  context.before = { ports: model.outputs, source: stepSource(index, model.name) };
  return async (passage) => {
    const begun = process.hrtime.bigint();
    const feeds = feed(passage);
    check?.(feeds);
    const outputs = await run(feeds, passage.rows);
    passage.clock.check(`pipeline '${context.config.name}'`);
    passage.outputs = named(names, outputs);
    passage.lastModel = model.name;
    passage.elapsed.push(Number(process.hrtime.bigint() - begun));
  };
}

function challengerOf(context: Context, index: number, model: ModelConfig): (passage: Passage) => Challenge {
  const { feed, check } = feeding(context, index, model, {});
  const run = find(context.parts.challengers, model.name);
  const names = model.outputs.map((port) => port.name);
  return (passage) => {
    const feeds = feed(passage);
    const { rows } = passage;
    return {
      challenger: model.name,
      rows,
      feeds,
      async run() {
        check?.(feeds);
        return named(names, await run(feeds, rows));
      },
    };
  };
}

/** Which tensor feeds which input, by the rule that the types and `build()` go by. */
function feeding(context: Context, index: number, model: ModelConfig, rename: Readonly<Record<string, string>>): { feed: Feed; check: FeedCheck | null } {
  const { before, config } = context;
  const given = before?.ports ?? config.inputs;
  const sources = model.inputs.map(({ name }): readonly [input: string, source: string] => {
    const source = feedOf(name, model.inputs, given, rename)?.name;
    if (source !== undefined) return [name, source];
    throw new TargetError("SL6000", missing(model.name, name, before?.source ?? requestSource, given.map((port) => port.name)), { step: index, model: model.name, input: name });
  });
  const feed: Feed = (passage) => {
    const from = before === null ? passage.inputs : passage.outputs;
    const feeds: Record<string, TensorData> = {};
    for (const [input, source] of sources) {
      const tensor = from.get(source);
      if (tensor !== undefined) feeds[input] = tensor;
    }
    return feeds;
  };
  return { feed, check: feedCheck(config, index, model, before?.source ?? null) };
}

function validations({ read }: Context, steps: readonly StepOf<"validation">[]): RunStep {
  const run = compileChecks(steps.map(({ name, expression }) => ({ name, tree: expression.tree })));
  return (passage) => {
    const columns = new Map<string, TensorData>();
    const present = new Map<string, Uint8Array>();
    for (const [name, tensor] of passage.inputs) columns.set(`in.${name}`, tensor);
    for (const [name, tensor] of passage.outputs) columns.set(`out.${name}`, tensor);
    for (const challenger of read) {
      const result = passage.challengers.get(challenger);
      if (result === undefined) continue;
      for (const [name, tensor] of result.outputs) {
        columns.set(`out_${challenger}.${name}`, tensor);
        present.set(`out_${challenger}.${name}`, result.answered);
      }
    }
    for (const [name, failed] of run(columns, passage.rows, present)) passage.failures.set(name, failed);
  };
}

/** Zeros in the place of outputs that are not there, so that every column has its rows. */
function nothing(model: ModelConfig, rows: number): Tensors {
  return new Map(
    model.outputs.map(({ name, dtype, shape }) => {
      const dims = [rows, ...(shape ?? [null]).slice(1).map((dim) => (typeof dim === "number" ? dim : 1))];
      return [name, { dtype, dims, data: allocate(dtype, dims.reduce((product, dim) => product * dim, 1)) }];
    }),
  );
}

function named(names: readonly string[], tensors: readonly TensorData[]): Tensors {
  const map = new Map<string, TensorData>();
  for (let i = 0; i < names.length; i++) {
    const tensor = tensors[i];
    if (tensor !== undefined) map.set(names[i] ?? "", tensor);
  }
  return map;
}

function find<T>(models: ReadonlyMap<string, T>, name: string): T {
  const model = models.get(name);
  if (model === undefined) throw new TargetError("SL6000", `a step names the model '${name}', which the config does not hold; build the config anew`, { model: name });
  return model;
}
