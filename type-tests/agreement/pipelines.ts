import {
  checkPipeline,
  constant,
  pipeline,
  portsOf,
  type AnyPipeline,
  type Dim,
  type Model,
  type Port,
  type Problem,
  type Step,
} from "../../dsl/index.js";
import { byCodeUnit } from "../../dsl/messages/first-five-names.js";
import { faults, withModels, type Fault, type Kind } from "./faults.js";
import { inputsFor, isDeclarable, misfits, modelOf, plainOutputs, randomPorts, type Misfit } from "./models.js";
import { Random } from "./random.js";

/** A generated pipeline, as code with one call per line. */
export interface Case {
  readonly seed: number;
  /** By their identifiers in `lines`. */
  readonly models: Readonly<Record<string, Model>>;
  /** The call of `pipeline`, then one call per line. */
  readonly lines: readonly string[];
  readonly built: AnyPipeline;
  /** The pipeline for `on = false`, where the last call has a union of two models, `on ? m1 : m2`. */
  readonly other?: AnyPipeline;
  /** The problems of the run-time check, by line. A problem that an edit causes names the broken step. */
  readonly problems: ReadonlyMap<number, readonly ReportedProblem[]>;
}

export interface ReportedProblem {
  readonly code: string;
  readonly text: string;
}

/** Codes that the types cannot report: an unfinished pipeline, and two models with one name. */
const atRunTimeOnly: ReadonlySet<string> = new Set(["SL2007", "SL2030", "SL2042"]);

/** What the code knows in part: `v1_${tenant}` has the type `v1_${string}`. */
export const unknowns: Readonly<Record<string, { readonly type: string; readonly value: unknown }>> = {
  tenant: { type: "string", value: "acme" },
  minutes: { type: "number", value: 5 },
  first: { type: "number", value: 0 },
};

interface ModelWishes {
  readonly outputs?: readonly Port[];
  readonly arriving?: readonly Port[];
  /** A single input keeps the name of the single output. */
  readonly byName?: boolean;
}

/** The pipeline of a seed. Exactly every third seed has a pipeline with a problem. */
function makeCase(seed: number): Case {
  const random = new Random(seed);
  const broken = seed % 3 === 0;
  for (;;) {
    const made = new CaseGenerator(seed, random).generate(broken ? 0.8 : 0);
    if (made.problems.size > 0 === broken) return made;
  }
}

/** The pipelines of `count` seeds, from the seed `first` on. */
export function makeCases(count: number, first: number): readonly Case[] {
  return Array.from({ length: count }, (_, index) => makeCase(first + index));
}

/** Whether a problem is in a later step than the step that the edit adds. */
function isInLaterStep(text: string, code: string, step: number): boolean {
  const [, method, index] = /^\.(\w+Step)\((-?[\d.]+)/.exec(text) ?? [];
  return (
    method !== undefined &&
    code !== "SL2090" &&
    code !== "SL2091" &&
    (method === "removeStep" || step !== Number(index))
  );
}

/** The argument of an edit's callback. */
function pipelineBefore(whole: AnyPipeline, index: number): AnyPipeline {
  let before = whole;
  const editable = whole as AnyPipeline & { insertStep(index: number, make: (at: AnyPipeline) => unknown): unknown };
  editable.insertStep(index, (at) => (before = at));
  return before;
}

type Weights = Readonly<Partial<Record<Kind, number>>>;

/** For a wrong call: the more faults a kind can have, the likelier it is. */
function byFaults(usual: Weights): Weights {
  const kinds = Object.keys(usual) as Kind[];
  return Object.fromEntries(kinds.map((kind) => [kind, (usual[kind] ?? 0) > 0 ? Math.max(1, faults[kind].length) : 0]));
}

class CaseGenerator {
  readonly #seed: number;
  readonly #random: Random;
  readonly #models: Record<string, Model> = {};
  readonly #lines: string[] = [];
  readonly #problems = new Map<number, readonly ReportedProblem[]>();
  readonly #checked = new WeakMap<AnyPipeline, ReturnType<typeof checkPipeline>>();
  #built: AnyPipeline = pipeline("p");
  #other: AnyPipeline | undefined;
  #nameCount = 0;

  constructor(seed: number, random: Random) {
    this.#seed = seed;
    this.#random = random;
  }

  /** A pipeline with a deliberate fault with this probability. Others may turn out broken, and faults without effect. */
  generate(faulty: number): Case {
    const random = this.#random;
    const length = random.int(1, 8);
    const wrongAt = random.chance(faulty) ? random.int(random.chance(0.06) ? -1 : 0, length - 1) : null;
    this.#begin(wrongAt === -1);
    for (let step = 0; step < length; step++) this.#step(step === wrongAt, step);
    const edits = random.chance(0.3) ? random.int(1, 3) : 0;
    for (let edit = 0; edit < edits && this.#problems.size === 0 && this.#built.steps.length > 0; edit++) this.#edit();
    if (edits > 0 && this.#problems.size === 0 && random.chance(0.5))
      this.#step(random.chance(0.1), this.#built.steps.length);
    const takesModels = this.#check().scopes.length > 0 && !this.#isTuple;
    if (this.#problems.size === 0 && takesModels && random.chance(faulty > 0 ? 0.5 : 0.2)) this.#union(faulty > 0);
    return {
      seed: this.#seed,
      models: this.#models,
      lines: this.#lines,
      built: this.#built,
      ...(this.#other !== undefined && { other: this.#other }),
      problems: this.#problems,
    };
  }

  /** One of two models; with a misfit, one of them does not fit. */
  #union(wrong: boolean): void {
    const models = [this.#fitting(null), this.#fitting(wrong ? this.#random.pick(misfits) : null)];
    const [on = "", off = ""] = this.#random.shuffled(models).map((model) => this.#id(model));
    const before = this.#built;
    this.#line(`.model(${off})`);
    this.#other = this.#built;
    const line = this.#lines.length - 1;
    const problems = this.#problems.get(line) ?? [];
    this.#lines.pop();
    this.#built = before;
    this.#line(`.model(${on})`);
    this.#lines.pop();
    this.#lines.push(`.model(on ? ${on} : ${off})`);
    // The compiler reports the first problem of each model, and of these the first in code-unit order.
    const all = [this.#problems.get(line) ?? [], problems].sort(([a], [b]) => byCodeUnit(a?.text ?? "", b?.text ?? ""));
    if (all.flat().length > 0) this.#problems.set(line, all.flat());
  }

  /** Text that the compiler does not know fully, or `known`. */
  #partly(known: string, text: string): string {
    return this.#random.chance(0.1) ? `\`${text}\`` : JSON.stringify(known);
  }

  /** Inserts, removes or replaces a step; sometimes out of range, or so that later steps break. */
  #edit(): void {
    const random = this.#random;
    const { steps } = this.#built;
    const method = random.weighted({ replaceStep: 4, insertStep: 4, removeStep: 3, clear: 0.2 });
    const end = method === "insertStep" ? steps.length : steps.length - 1;
    const index = random.chance(0.04) ? random.pick([-1, end + 1, end + 7, 0.5]) : random.int(0, end);
    if (method === "clear") return this.#line(".clear()");
    if (method === "removeStep")
      return this.#line(`.removeStep(${random.chance(0.6) ? this.#validationAt(index) : index})`);
    const call =
      random.chance(0.03) && this.#built.steps.length > 0 && index > 0
        ? random.pick(["", 'validate("twice", () => true).validate("twice2", () => true)'])
        : this.#callAt(index, method === "insertStep" ? undefined : steps[index]);
    this.#line(`.${method}(${index}, (at) => at${call === "" ? "" : `.${call}`})`);
  }

  #validationAt(index: number): number {
    const found = this.#built.steps.flatMap(({ kind }, step) => (kind === "validation" ? [step] : []));
    return found.length === 0 ? index : this.#random.pick(found);
  }

  /**
   * A call for the position of a step. Half of the models have the outputs of the old model there, or of what arrives.
   */
  #callAt(index: number, old: Step | undefined): string {
    const random = this.#random;
    const whole = this.#built;
    this.#built = pipelineBefore(whole, index);
    try {
      const sameOutputs =
        old?.kind === "model"
          ? portsOf(old.model.outputs)
          : old === undefined && !this.#isTuple && this.#built.steps.length > 0
            ? this.#arriving()
            : null;
      if (sameOutputs !== null && sameOutputs.length > 0 && random.chance(0.5) && sameOutputs.every(isDeclarable))
        return `model(${this.#id(this.#fitting(null, { outputs: sameOutputs }))})`;
      const wrong = random.chance(0.1);
      const kind: Kind =
        old?.kind === "validation" || (old === undefined && random.chance(0.5))
          ? "validate"
          : this.#kind(wrong, this.#built.steps.length);
      return this.#call(kind, wrong ? this.#fault(kind) : null);
    } finally {
      this.#built = whole;
    }
  }

  #begin(wrong: boolean): void {
    const random = this.#random;
    const name = wrong
      ? random.pick(["Fraud", "-p", "p-", "", "a_b", "ö", "a".repeat(64)])
      : random.pick(["p", "fraud", "a-1", "0", "a".repeat(63)]);
    const inputs = Object.fromEntries(
      randomPorts(random).map(({ name: port, dtype, shape }) => [port, { dtype, shape }]),
    );
    const nameText = wrong ? JSON.stringify(name) : this.#partly(name, "p-${tenant}");
    this.#line(`pipeline(${nameText}${random.chance(0.4) ? `, ${JSON.stringify({ inputs })}` : ""})`);
  }

  /** Adds a line of code and runs it. */
  #line(text: string): void {
    const names = Object.keys(this.#models);
    const run = new Function(
      "constant",
      "pipeline",
      "at",
      ...Object.keys(unknowns),
      ...names,
      `return ${this.#lines.length === 0 ? "" : "at"}${text};`,
    ) as (...values: unknown[]) => AnyPipeline;
    const before = this.#lines.length === 0 ? [] : this.#currentProblems();
    const values = Object.values(unknowns).map(({ value }) => value);
    this.#built = run(constant, pipeline, this.#built, ...values, ...Object.values(this.#models));
    const found = this.#currentProblems().filter(
      (problem) =>
        !before.some(
          (other) => other.message === problem.message && other.details?.["step"] === problem.details?.["step"],
        ),
    );
    const reported = found.map(({ code, message, details }) => ({
      code,
      text: isInLaterStep(text, code, Number(details?.["step"]))
        ? `step ${String(details?.["step"])}: ${message}`
        : message,
    }));
    if (reported.length > 0) this.#problems.set(this.#lines.length, reported);
    this.#lines.push(text);
  }

  #currentProblems(): readonly Problem[] {
    return this.#check().problems.filter(({ code }) => !atRunTimeOnly.has(code));
  }

  /** The run-time check of the pipeline so far, made once a pipeline. */
  #check(): ReturnType<typeof checkPipeline> {
    let found = this.#checked.get(this.#built);
    if (found === undefined) this.#checked.set(this.#built, (found = checkPipeline(this.#built)));
    return found;
  }

  get #isTuple(): boolean {
    return Array.isArray(this.#built.outputs);
  }

  /** What arrives at the next step. For a tuple: the outputs of the first model. */
  #arriving(): readonly Port[] {
    const { outputs } = this.#built;
    return portsOf(Array.isArray(outputs) ? ((outputs[0] ?? {}) as object) : outputs);
  }

  #step(wrong: boolean, step: number): void {
    const kind = this.#kind(wrong, step);
    this.#line(`.${this.#call(kind, wrong ? this.#fault(kind) : null)}`);
  }

  #fault(kind: Kind): Fault {
    const random = this.#random;
    const named = faults[kind];
    const misfit = withModels.has(kind) && (named.length === 0 || random.chance(0.5));
    return misfit ? { misfit: random.pick(misfits) } : { name: random.pick(named) };
  }

  #kind(wrong: boolean, step: number): Kind {
    const random = this.#random;
    const anywhere: readonly Kind[] = ["audit", "select", "validate", "alert", "refine", "model"];
    if (wrong && random.chance(0.2)) return random.pick(anywhere);
    const weights = wrong ? byFaults : (usual: Weights) => usual;
    const audited = this.#lines.some((line) => line.startsWith(".audit"));
    if (this.#isTuple && random.chance(0.97))
      return random.weighted<Kind>(weights({ audit: audited ? 0.1 : 2, select: 4, validate: 1 }));
    const inference = { model: 6, renamed: 2, sourced: 0.9, models: 1.5, keySplit: 1, randomSplit: 1, shadow: 1.5 };
    const symbolic = this.#arriving().some(({ shape }) =>
      shape?.some((dim) => typeof dim === "string" && dim !== "batch"),
    );
    if (step === 0 || this.#check().scopes.length === 0) return random.weighted(weights(inference));
    return random.weighted(weights({ ...inference, validate: 3, alert: 2, refine: symbolic ? 2 : 0 }));
  }

  #call(kind: Kind, fault: Fault): string {
    const name = fault !== null && "name" in fault ? fault.name : null;
    const misfit = fault !== null && "misfit" in fault ? fault.misfit : null;
    switch (kind) {
      case "model":
        return `model(${this.#id(this.#fitting(misfit))})`;
      case "renamed":
        return this.#renamed(name, misfit);
      case "sourced":
        return this.#sourced(name);
      case "models":
        return name === "empty"
          ? "models([])"
          : `models([${this.#modelsOnSameInput(this.#random.int(1, 4), name, misfit).join(", ")}])`;
      case "shadow": {
        const [champion = "", ...challengers] = this.#modelsOnSameInput(this.#random.int(2, 4), name, misfit);
        return `shadow(${champion}, [${name === "empty" ? "" : challengers.join(", ")}])`;
      }
      case "keySplit":
        return this.#keySplit(name, misfit);
      case "randomSplit":
        return this.#randomSplit(name, misfit);
      case "audit":
        return `audit(${name === null ? this.#partly(this.#slice(name), "${first}:") : JSON.stringify(this.#slice(name))})`;
      case "select":
        return `select(${name === "out of range" ? this.#random.pick([-1, 4, 7, 0.5]) : this.#random.int(0, Math.max(0, this.#count() - 1))})`;
      case "validate":
        return this.#validate(name);
      case "alert":
        return this.#alert(name);
      case "refine":
        return `refine(${JSON.stringify(this.#sizes(name))})`;
    }
  }

  #count(): number {
    const { outputs } = this.#built;
    return Array.isArray(outputs) ? outputs.length : 1;
  }

  /** The identifier of a model in the code. */
  #id(model: Model): string {
    const known = Object.entries(this.#models).find(([, other]) => other === model);
    if (known !== undefined) return known[0];
    const id = `m${Object.keys(this.#models).length}`;
    this.#models[id] = model;
    return id;
  }

  /** A new model that takes what arrives; rarely, an earlier model. */
  #fitting(misfit: Misfit | null, { outputs, arriving = this.#arriving(), byName = false }: ModelWishes = {}): Model {
    const random = this.#random;
    const known = Object.values(this.#models);
    if (misfit === null && outputs === undefined && known.length > 0 && random.chance(0.015)) return random.pick(known);
    return modelOf(random, this.#name(), inputsFor(random, arriving, misfit, byName), outputs);
  }

  #name(): string {
    return `${this.#random.pick(["embed", "scorer", "head-", "model_", "M"])}${this.#nameCount++}`;
  }

  #renamed(name: string | null, misfit: Misfit | null): string {
    const random = this.#random;
    const arriving = this.#arriving();
    const model = this.#fitting(misfit, { byName: true });
    const rename: Record<string, string> = {};
    const inputs: Port[] = portsOf(model.inputs).map((port) => {
      const renamed = random.chance(0.6) ? `in_${port.name}` : port.name;
      if (renamed !== port.name || random.chance(0.1)) rename[renamed] = port.name;
      return { ...port, name: renamed };
    });
    const [first] = inputs;
    if (first !== undefined && Object.keys(rename).length === 0)
      rename[first.name] = arriving.length === 0 ? "column" : (arriving[0]?.name ?? "column");
    if (name === "no such input") rename["nowhere"] = arriving[0]?.name ?? "column";
    if (name === "no such output" && first !== undefined) rename[first.name] = "nothing";
    const renamedModel = modelOf(random, model.name, inputs);
    return `model(${this.#id(renamedModel)}, ${JSON.stringify(rename)})`;
  }

  /** A model whose inputs come from request columns, outputs of earlier steps and constants. */
  #sourced(name: string | null): string {
    const random = this.#random;
    const columns = portsOf(this.#built.inputs).map((port) => ({ port, from: `in.${port.name}` }));
    const earlier = this.#check().scopes.flatMap(({ last, outputs, models }) => [
      ...(last === undefined ? [] : outputs.map((port) => ({ port, from: `${last}.${port.name}` }))),
      ...Object.entries(models).flatMap(([model, ports]) =>
        ports.map((port) => ({ port, from: `${model}.${port.name}` })),
      ),
    ]);
    const chosen = random.shuffled([...columns, ...earlier]).slice(0, random.int(0, 2));
    const inputs: Port[] = inputsFor(random, this.#arriving(), null, true);
    const sources: string[] = [];
    for (const [index, { port, from }] of chosen.entries()) {
      const [input] = inputsFor(
        random,
        [port],
        random.chance(0.02) ? random.pick(["dtype", "size", "rank"]) : null,
        true,
      );
      if (input === undefined || !isDeclarable(input)) continue;
      // Symbols that other inputs may bind to another size are rare.
      const shape = input.shape?.map((dim) => (typeof dim === "string" && random.chance(0.9) ? null : dim)) ?? null;
      inputs.push({ ...input, shape, name: `from_${index}` });
      sources.push(`from_${index}: ${JSON.stringify(from)}`);
    }
    const size = random.int(1, 3);
    const dtype = random.pick(["float32", "int64", "bool"] as const);
    const value = { float32: "0.5", int64: "2n", bool: "true" }[name === "other constant" ? "bool" : dtype];
    const rank = random.int(0, 2);
    const shapes: readonly (readonly Dim[])[] = [[], [random.pick([size, "f"])], [2, random.pick([size, "f"])]];
    inputs.push({
      name: "fixed",
      dtype: name === "other constant" ? "float32" : dtype,
      shape: random.chance(0.05) ? random.pick([null, ...shapes]) : (shapes[rank] ?? null),
    });
    const list = (text: string, length: number) => `[${Array(length).fill(text).join(", ")}]`;
    sources.push(`fixed: constant(${[value, list(value, size), list(list(value, size), 2)][rank]})`);
    const wrong = {
      "no such column": "in.nowhere",
      "no such model": "nobody.y",
      "no such model output": earlier[0] === undefined ? "nobody.y" : `${earlier[0].from}_`,
    }[name ?? ""];
    if (wrong !== undefined && this.#built.steps.length > 0) {
      inputs.push({ name: "wrong", dtype: "float32", shape: [1] });
      sources.push(`wrong: ${JSON.stringify(wrong)}`);
    }
    return `model(${this.#id(modelOf(random, this.#name(), inputs))}, { ${sources.join(", ")} })`;
  }

  /** Several models on the same input. With a misfit, one of them is wrong. */
  #modelsOnSameInput(count: number, name: string | null, misfit: Misfit | null, outputs?: readonly Port[]): string[] {
    const random = this.#random;
    const wrong = random.int(count > 1 && this.#arriving().length === 0 ? 1 : 0, count - 1);
    let arriving = this.#arriving();
    const ids: string[] = [];
    for (let i = 0; i < count; i++) {
      const model = this.#fitting(i === wrong ? misfit : null, {
        arriving,
        ...(outputs === undefined ? {} : { outputs }),
      });
      if (arriving.length === 0) arriving = portsOf(model.inputs);
      ids.push(this.#id(model));
    }
    if (name === "repeated") ids.push(random.pick(ids));
    const earlier = this.#lines.flatMap((line) =>
      /^\.(models|shadow)\(/.test(line) ? (line.match(/\bm\d+\b/g) ?? []) : [],
    );
    if (name === "logged before" && earlier.length > 0) ids.push(random.pick(earlier));
    return ids;
  }

  #split(count: number, name: string | null, misfit: Misfit | null): string[] {
    const outputs = plainOutputs(this.#random);
    const ids = this.#modelsOnSameInput(count, name, misfit, outputs);
    if (name !== "other names" && name !== "other tensor") return ids;
    const arriving = this.#arriving();
    const first = this.#models[ids[0] ?? ""];
    const inputs = inputsFor(
      this.#random,
      arriving.length > 0 || first === undefined ? arriving : portsOf(first.inputs),
      null,
    );
    const batched = outputs.some(({ shape }) => shape?.includes("batch"));
    const others = outputs.map((port, i) =>
      i > 0
        ? port
        : name === "other names"
          ? { ...port, name: "other" }
          : { ...port, shape: batched ? ["batch", 99] : [99] },
    );
    return [...ids, this.#id(modelOf(this.#random, this.#name(), inputs, others))];
  }

  #keySplit(name: string | null, misfit: Misfit | null): string {
    const random = this.#random;
    const [fallback = "", ...routes] = this.#split(random.int(2, 4), name, misfit);
    const entries =
      name === "no routes"
        ? []
        : routes.map((id, i) => `${random.pick(["gold", '"very gold"', "r"]).replace(/^(\w+)$/, `$1${i}`)}: ${id}`);
    const unique = entries.filter(
      (entry, i) => entries.findIndex((other) => other.split(":")[0] === entry.split(":")[0]) === i,
    );
    return `keySplit(${name === "no key" ? '""' : '"segment"'}, { default: ${fallback}, routes: { ${unique.join(", ")} } })`;
  }

  #randomSplit(name: string | null, misfit: Misfit | null): string {
    const random = this.#random;
    if (name === "empty") return "randomSplit([])";
    const ids = this.#split(random.int(1, 3), name, misfit);
    const wrong = random.int(0, ids.length - 1);
    const weights = ids.map(
      (id, i) =>
        `[${name === "weight" && i === wrong ? random.pick([0, -1, -0.5]) : random.pick([1, 2, 0.5, 100])}, ${id}]`,
    );
    const options =
      name === "no hash key" ? ', { hashKey: "" }' : random.chance(0.4) ? ', { hashKey: "session_id" }' : "";
    return `randomSplit([${weights.join(", ")}]${options})`;
  }

  #slice(name: string | null): string {
    const random = this.#random;
    const count = this.#count();
    if (name === "no slice") return random.pick(["", "x", "-1:", "1:2:3", "01:", "1.5", " 1:", "1e1"]);
    if (name === "empty") return random.pick([`${count - 1}:${count - 1}`, ":0", `${count}:1`]);
    if (name === "out of range") return random.pick([`${count}:`, `${count + 3}`, `:${count + 1}`, `0:${count + 1}`]);
    const from = random.int(0, Math.max(0, count - 1));
    return random.pick([
      `${from}:`,
      `${from}`,
      `${from}:${random.int(from + 1, count)}`,
      `:${random.int(1, count)}`,
      ":",
    ]);
  }

  #validate(name: string | null): string {
    const random = this.#random;
    const lambda = random.chance(0.3) ? null : this.#reading("!== undefined");
    return `validate(${this.#nameOf("validate", name)}, ${lambda ?? "() => true"})`;
  }

  #alert(name: string | null): string {
    const random = this.#random;
    const wrong = ["0s", "5", "1.5h", "31d", "", "5 m", "m", "05m"];
    const duration = (option: string) =>
      name === option
        ? JSON.stringify(random.pick(wrong))
        : this.#partly(random.pick(["1s", "5m", "24h", "30d"]), "${minutes}m");
    const lambda = random.chance(0.3) ? null : this.#reading("!== undefined");
    const forOption = name === "for" || random.chance(0.3) ? `, for: ${duration("for")}` : "";
    return `alert(${this.#nameOf("alert", name)}, (all) => all.count(${lambda ?? ""}) > 3, { over: ${duration("over")}${forOption} })`;
  }

  /** The code of a name for a validation or an alert. */
  #nameOf(method: string, fault: string | null): string {
    const random = this.#random;
    const taken = this.#lines
      .map((line) => new RegExp(`^\\.${method}\\("(\\w+)"`).exec(line)?.[1])
      .find((one) => one !== undefined);
    if (fault === "no identifier") return JSON.stringify(random.pick(["too high", "1st", "", "é", "a-b", "$x"]));
    if (fault === "reserved") return JSON.stringify(random.pick(["count", "__proto__"]));
    if (taken !== undefined && (fault === "taken" || random.chance(0.04))) return JSON.stringify(taken);
    const name = `v${this.#nameCount++}`;
    return this.#partly(name, `${name}_\${tenant}`);
  }

  /** A lambda that reads an existing port, or null. */
  #reading(comparison: string): string | null {
    const scope = this.#check().scopes.at(-1);
    const ports = this.#isTuple ? [] : this.#arriving();
    const [port] = this.#random.shuffled(ports);
    return scope === undefined || port === undefined
      ? null
      : `(x) => x.out[${JSON.stringify(port.name)}] ${comparison}`;
  }

  #sizes(name: string | null): Record<string, number> {
    const random = this.#random;
    if (name === "empty") return {};
    const symbols = [
      ...new Set(
        this.#arriving()
          .flatMap(({ shape }) => shape ?? [])
          .filter((dim) => typeof dim === "string" && dim !== "batch"),
      ),
    ];
    if (name === "no symbol" || symbols.length === 0) return { [random.pick(["nothing", "zz"])]: 3 };
    const chosen = random.shuffled(symbols).slice(0, random.int(1, symbols.length));
    return Object.fromEntries(
      chosen.map((symbol) => [symbol, name === "no size" ? random.pick([0, -1, 1.5]) : random.pick([1, 3, 8, 128])]),
    );
  }
}
