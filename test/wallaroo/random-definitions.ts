import fc from "fast-check";
import type { Dialect } from "../../src/wallaroo/platform.js";

/** A model of the tests adds its number to both values of a row. */
export const addends: Readonly<Record<string, number>> = { a: 1, b: 2, c: 4, d: 8, e: 16, f: 32 };

interface Model {
  readonly name: string;
  readonly version: string;
  readonly sha: string;
}

/** A step that the tests make, with what a check says beside its text. */
export type TestStep =
  | { readonly ModelInference: { readonly models: readonly Model[] } }
  | { readonly AuditResults: { readonly from: number; readonly to: number | null } }
  | { readonly Nth: { readonly index: number } }
  | { readonly MultiOut: Readonly<Record<string, never>> }
  | {
      readonly MetaValueSplit: {
        readonly split_key: string;
        readonly control: Model;
        readonly routes: Readonly<Record<string, Model>>;
      };
    }
  | {
      readonly RandomSplit: {
        readonly hash_key: string;
        readonly weights: readonly { readonly model: Model; readonly weight: number }[];
      };
    }
  | { readonly Check: { readonly tree: readonly string[] }; readonly condition: Condition };

/** `column[index] > limit`. The older dialect stores what must hold, the newer one what must not. */
export interface Condition {
  readonly name: string;
  /** `in`, `out`, or the name of a model of the last step. */
  readonly column: string;
  readonly index: 0 | 1;
  readonly limit: number;
}

/** The definition's own text of a step. */
export function withoutCondition(step: TestStep): unknown {
  return "condition" in step ? { Check: step.Check } : step;
}

const options =
  '"options":{"collect_groups":"ApplyFlat","fmt_str":"","input_wildcard_expansion":false,"auto_explode":true,"cast_to_supertypes":false,"allow_rename":false,"pass_name_to_apply":false,"changes_length":false,"check_lengths":true,"allow_group_aware":true}';

function polarsText({ name, column, index, limit }: Condition): string {
  const full = column === "in" || column === "out" ? column : `out_${column}`;
  const value = `{"Function":{"input":[{"Column":"${full}.${column === "in" ? "x" : "y"}"},{"Literal":{"Int32":${index}}}],"function":{"ListExpr":"Get"},${options}}}`;
  return `{"Alias":[{"BinaryExpr":{"left":{"Cast":{"expr":${value},"data_type":"Float64","strict":true}},"op":"Gt","right":{"Literal":{"Float64":${limit}.5}}}},"${name}"]}`;
}

/** The older dialect names a model also where it means the last output. */
function checksText({ name, index, limit }: Condition, model: string): string {
  const variable = `{"node": "variable", "variant_id": {"name": "${model}"}, "position": "output", "key": [0, ${index}]}`;
  const root = `{"node": "binop", "op": ">", "left": ${variable}, "right": {"node": "literal", "float": ${limit}.5}}`;
  return `{"values": {"${name}": {"root": ${root}, "required_data": [{"name": "${model}"}]}}, "gauges": [], "validations": ["${name}"]}`;
}

interface Segment {
  readonly inference: TestStep;
  readonly models: readonly string[];
  readonly ends: readonly TestStep[];
  readonly checks: readonly {
    readonly column: number;
    readonly index: 0 | 1;
    readonly limit: number;
    readonly at: number;
  }[];
}

/** Definitions of one or two steps with models, with audits, selects, MultiOut and checks between and after them. */
export function definitions(dialect: Dialect, model: (name: string) => Model): fc.Arbitrary<readonly TestStep[]> {
  return fc
    .tuple(segment(["a", "b", "c"], model), fc.option(segment(["d", "e", "f"], model), { nil: null }))
    .map(([first, second]) => {
      const segments = second === null ? [first] : [closed(first), second];
      return segments.flatMap((one, i) => stepsOf(one, i, dialect));
    });
}

function segment(names: readonly string[], model: (name: string) => Model): fc.Arbitrary<Segment> {
  const chosen = fc.shuffledSubarray([...names], { minLength: 1, maxLength: 3 });
  const inference = fc.oneof(
    {
      weight: 3,
      arbitrary: chosen.map((models) => [models, { ModelInference: { models: models.map(model) } }] as const),
    },
    chosen.map(([control = "a", ...routes]) => {
      const split = {
        split_key: "k",
        control: model(control),
        routes: Object.fromEntries(routes.map((r, i) => [`v${i}`, model(r)])),
      };
      return [[control], { MetaValueSplit: split }] as const;
    }),
    fc.tuple(chosen, fc.array(fc.nat(3), { minLength: 3, maxLength: 3 })).map(([models, numbers]) => {
      const weights = models.map((name, i) => ({ model: model(name), weight: i === 0 ? 1 : (numbers[i] ?? 0) }));
      return [models.slice(0, 1), { RandomSplit: { hash_key: "h", weights } }] as const;
    }),
  );
  const audit = fc
    .tuple(fc.nat(3), fc.option(fc.nat(4), { nil: null }))
    .map(([from, to]): TestStep => ({ AuditResults: { from, to } }));
  const end = fc.constantFrom<TestStep | null>({ MultiOut: {} }, { Nth: { index: 0 } }, null);
  const check = fc.record({
    column: fc.nat(9),
    index: fc.constantFrom(0 as const, 1 as const),
    limit: fc.integer({ min: 0, max: 60 }),
    at: fc.nat(4),
  });
  return fc
    .tuple(inference, fc.option(audit, { nil: null }), end, fc.array(check, { maxLength: 3 }))
    .map(([[models, step], audited, last, checks]) => ({
      inference: step,
      models,
      ends: [audited, last].filter((one) => one !== null),
      checks,
    }));
}

/** A step after several models takes one output. */
function closed(one: Segment): Segment {
  const isOpen = one.models.length > 1 && !one.ends.some((step) => "Nth" in step || "MultiOut" in step);
  return isOpen ? { ...one, ends: [...one.ends, { Nth: { index: one.models.length - 1 } }] } : one;
}

function stepsOf({ inference, models, ends, checks }: Segment, number: number, dialect: Dialect): TestStep[] {
  const isSplit = !("ModelInference" in inference);
  const isTuple = models.length > 1;
  const selected = ends.find((step) => "Nth" in step || "MultiOut" in step);
  const last = selected !== undefined && "Nth" in selected ? (models[selected.Nth.index] ?? "") : (models[0] ?? "");
  const isClosed = !isTuple || selected !== undefined;
  const steps: TestStep[] = [inference, ...ends];
  checks.forEach(({ column, index, limit, at }, i) => {
    // What a row has here: the request, the output, and the outputs of the other models of the step.
    const others = isTuple ? models.filter((name) => name !== last || !isClosed) : [];
    if (dialect === "polars") {
      const columns = ["in", ...(isClosed ? ["out"] : []), ...others];
      const condition = { name: `v${number}_${i}`, column: columns[column % columns.length] ?? "in", index, limit };
      const where = condition.column === "out" ? steps.length : 1 + (at % steps.length);
      steps.splice(where, 0, { Check: { tree: [polarsText(condition)] }, condition });
    } else if (!isSplit) {
      const columns = [...(isClosed ? ["out"] : []), ...others];
      const condition = { name: `v${number}_${i}`, column: columns[column % columns.length] ?? "out", index, limit };
      const text = checksText(condition, condition.column === "out" ? last : condition.column);
      // That SDK inserts a check right after the last step with models.
      steps.splice(1, 0, { Check: { tree: [text] }, condition });
    }
  });
  return steps;
}

/** What the platform answers for one row. */
export interface Answer {
  /** By column, such as `out` and `out_b`: the two values. */
  readonly columns: Readonly<Record<string, readonly [number, number]>>;
  /** The checks that the row failed. */
  readonly failed: readonly string[];
}

type Row = readonly [number, number];

/** Runs a definition on one row, step by step. */
export function interpret(
  steps: readonly TestStep[],
  row: Row,
  { k, h }: { readonly k: string; readonly h: number },
  dialect: Dialect,
): Answer {
  const run = (name: string, [x, y]: Row): Row => [x + (addends[name] ?? 0), y + (addends[name] ?? 0)];
  let outputs: (readonly [model: string, value: Row])[] = [["", row]];
  let ofStep: Readonly<Record<string, Row>> = {};
  const columns: Record<string, Row> = {};
  const failed: string[] = [];
  const conditions: Condition[] = [];
  const check = () => {
    for (const { name, column, index, limit } of conditions.splice(0)) {
      const value = column === "in" ? row : column === "out" ? outputs[0]?.[1] : ofStep[column];
      const isGreater = (value?.[index] ?? Number.NaN) > limit + 0.5;
      if (isGreater === (dialect === "polars")) failed.push(name);
    }
  };
  const infer = (names: readonly string[]) => {
    check();
    const input = outputs[0]?.[1] ?? row;
    outputs = names.map((name) => [name, run(name, input)]);
    ofStep = Object.fromEntries(outputs);
  };
  for (const step of steps) {
    if ("ModelInference" in step) infer(step.ModelInference.models.map(({ name }) => name));
    else if ("MetaValueSplit" in step) infer([(step.MetaValueSplit.routes[k] ?? step.MetaValueSplit.control).name]);
    else if ("RandomSplit" in step) {
      let point = h * step.RandomSplit.weights.reduce((sum, { weight }) => sum + weight, 0);
      const found = step.RandomSplit.weights.find(({ weight }) => (point -= weight) < 0);
      infer([found?.model.name ?? ""]);
    } else if ("AuditResults" in step) {
      const { from, to } = step.AuditResults;
      if (outputs.length > 1)
        for (const [name, value] of outputs.slice(from, to ?? undefined)) columns[`out_${name}`] = value;
    } else if ("Nth" in step) outputs = outputs.slice(step.Nth.index, step.Nth.index + 1);
    else if ("MultiOut" in step) {
      // Also where it was audited, the first model's output is `out` alone.
      if (outputs.length > 1) delete columns[`out_${outputs[0]?.[0]}`];
      for (const [name, value] of outputs.slice(1)) columns[`out_${name}`] = value;
      outputs = outputs.slice(0, 1);
    } else conditions.push(step.condition);
  }
  check();
  if (outputs.length > 1) for (const [name, value] of outputs) columns[`out_${name}`] = value;
  else columns["out"] = outputs[0]?.[1] ?? row;
  return { columns, failed: failed.sort() };
}
