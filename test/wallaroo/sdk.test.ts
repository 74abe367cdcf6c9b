import { describe, expect, it } from "vitest";
import { build, type Config, defineModel, type Model, pipeline } from "shapeline";
import { parseConfig } from "shapeline/config";
import {
  decompile,
  fromDefinition,
  type Definition,
  type ParsedDefinition,
  stringifyDefinition,
  toDefinition,
} from "shapeline/wallaroo";
import { checkPipeline, type AnyPipeline } from "../../dsl/index.js";
import { evaluate, installed } from "../expression/engines/polars.js";
import { rowsOf } from "../expression/rows.js";
import { handles, known, type SdkCase, sdkCases, versions } from "./sdk.js";
import { tinyColumns } from "./tiny-rows.js";

const dialectOf = { "2026.1.3": "polars", "2023.4.1": "checks" } as const;

type Call = readonly [method: string, ...args: unknown[]];

/** A shadow is three steps to the SDK, which it replaces and removes one by one. */
const apart = ([method, ...args]: Call): Call[] =>
  method === "shadow"
    ? [["models", [args[0], ...(args[1] as unknown[])]], ["audit", "1:"], ["multiOut"]]
    : [[method, ...args]];

/** The SDK's calls as they end up: replaced and removed steps taken out. */
function settled(calls: SdkCase["calls"]): Call[] {
  const steps: Call[] = [];
  for (const [method, ...args] of calls as readonly Call[]) {
    const replaced = /^replace(.+)$/.exec(method)?.[1];
    if (method === "clear") steps.length = 0;
    else if (method === "remove") steps.splice(args[0] as number, 1);
    else if (replaced === undefined) steps.push(...apart([method, ...args]));
    else
      steps.splice(
        args[0] as number,
        1,
        ...apart([replaced.charAt(0).toLowerCase() + replaced.slice(1), ...args.slice(1)]),
      );
  }
  steps.forEach((step, i) => {
    const names = step[1] as unknown[];
    const isShadow =
      step[0] === "models" && names.length > 1 && steps[i + 1]?.[1] === "1:" && steps[i + 2]?.[0] === "multiOut";
    if (isShadow) steps.splice(i, 3, ["shadow", names[0], names.slice(1)]);
  });
  return steps;
}

const handle = (name: unknown): Model => handles.get(String(name)) as Model;

/** The same pipeline on our own builder; undefined for what it has no call. */
const ours: Readonly<Record<string, (to: Builder, ...args: never[]) => Builder>> = {
  model: (to, name) => to.model(handle(name)),
  models: (to, names: string[]) => to.models(names.map(handle)),
  audit: (to, slice) => to.audit(slice),
  select: (to, index) => to.select(index),
  keySplit: (to, key: string, fallback: string, routes: Record<string, string>) =>
    to.keySplit(key, {
      default: handle(fallback),
      routes: Object.fromEntries(Object.entries(routes).map(([value, name]) => [value, handle(name)])),
    }),
  randomSplit: (to, weights: [number, string][], hashKey: string | null) =>
    to.randomSplit(
      weights.map(([weight, name]) => [weight, handle(name)] as const),
      hashKey === null ? {} : { hashKey },
    ),
  shadow: (to, champion, challengers: string[]) => to.shadow(handle(champion), challengers.map(handle)),
};
interface Builder {
  model(model: Model): Builder;
  models(models: readonly Model[]): Builder;
  audit(slice: string): Builder;
  select(index: number): Builder;
  keySplit(key: string, options: unknown): Builder;
  randomSplit(weights: unknown, options: unknown): Builder;
  shadow(champion: Model, challengers: readonly Model[]): Builder;
}

/** A negative index scatters the three steps of a shadow: a bug of the SDK, not copied. */
const scattered = "replace -1 with a shadow";

function rebuiltCase({ name, calls }: SdkCase): AnyPipeline | null {
  if (name === scattered) return null;
  let made = pipeline("fraud") as unknown as Builder;
  for (const [method, ...args] of settled(calls)) {
    const add = ours[method];
    if (add === undefined) return null;
    made = add(made, ...(args as never[]));
  }
  return made as unknown as AnyPipeline;
}

/** What JavaScript does not tell apart: a weight 2.0 from 2, and the order of routes whose values are whole numbers. */
const deviations = /^random split \[\[2\.0|^key split \{'2'/;
const expectedText = ({ name, text = "" }: SdkCase): string =>
  deviations.test(name) ? stringifyDefinition(JSON.parse(text) as Definition) : text;

const read = (one: SdkCase): ParsedDefinition => fromDefinition(one.text, { models: known });
const codesOf = ({ problems }: ParsedDefinition): string => [...new Set(problems.map(({ code }) => code))].join(" ");

describe.each(versions)("the SDK %s, which", (version) => {
  const cases = sdkCases(version);
  const built = cases.filter(({ text }) => text !== undefined);
  const readings = built.map((one) => ({ one, reading: read(one) }));
  const whole = readings.filter(({ reading }) => reading.problems.length === 0);

  it("gives definitions that come through unchanged, or are refused with a reason", () => {
    const changed = whole.filter(
      ({ one, reading }) =>
        stringifyDefinition(toDefinition(reading.config as Config, reading.form)) !== expectedText(one),
    );
    expect(changed.map(({ one }) => one.name)).toEqual([]);
    expect(readings.filter(({ reading }) => reading.config === null && reading.problems.length === 0)).toEqual([]);
    for (const { reading } of readings)
      if (reading.config !== null) expect(parseConfig(reading.config)).toEqual(reading.config);
    expect({
      cases: cases.length,
      refusedBySdk: cases.length - built.length,
      read: whole.length,
      refused: readings.length - whole.length,
    }).toMatchSnapshot();
    const refused = readings
      .filter(({ reading }) => reading.problems.length > 0)
      .map(({ one, reading }) => `${codesOf(reading)}: ${one.name}`);
    expect(refused.join("\n")).toMatchSnapshot();
  });

  it("builds from the same calls what ours builds, to the letter", async () => {
    let compared = 0;
    for (const one of built) {
      const mine = one.kind === "steps" ? rebuiltCase(one) : null;
      if (mine === null || checkPipeline(mine).problems.length > 0) continue;
      const text = stringifyDefinition(toDefinition(await build(mine), { dialect: dialectOf[version] }));
      expect(text, one.name).toBe(expectedText(one));
      compared++;
    }
    expect(compared).toMatchSnapshot();
  });

  it("explains as a chain that compiles to a definition of the same meaning", async () => {
    let equal = 0;
    const pairs: { name: string; theirs: string; own: string }[] = [];
    for (const { one, reading } of whole) {
      const config = reading.config as Config;
      const compiled = await build(evaluated(config));
      expect(compiled.steps.map(({ kind }) => kind)).toEqual(config.steps.map(({ kind }) => kind));
      compiled.steps.forEach((step, i) => {
        const before = config.steps[i];
        if (step.kind !== "validation" || before?.kind !== "validation") return;
        expect(step.expression.tree, one.name).toEqual(before.expression.tree);
        const backEnd = dialectOf[version] === "polars" ? "polars-0.18" : "checks";
        const [theirs, own] = [before.expression.strings[backEnd] as string, step.expression.strings[backEnd]];
        expect(own, `${one.name}: ${step.expression.refused[backEnd]?.reason ?? ""}`).toBeDefined();
        if (theirs === own) equal++;
        else pairs.push({ name: one.name, theirs, own: own as string });
      });
    }
    expect({ equal, other: pairs.length }).toMatchSnapshot();
  });
});

/** The pipeline of the decompiled text, as TypeScript would run it. */
function evaluated(config: Config): AnyPipeline {
  const { chain, handles: names } = decompile(config);
  const models = config.models.map(
    (model) =>
      handles.get(model.name) ??
      defineModel({ ...model, inputs: record(model.inputs), outputs: record(model.outputs) }),
  );
  return new Function("pipeline", ...names.values(), `"use strict"; return ${chain};`)(
    pipeline,
    ...models,
  ) as AnyPipeline;
}

const record = (ports: Config["inputs"]) =>
  Object.fromEntries(ports.map(({ name, dtype, shape }) => [name, { dtype, shape }]));

describe.skipIf(!installed)("expressions of the SDK, in real polars,", () => {
  it("flag the rows where what they were read as does not hold, and so does what that compiles to", async () => {
    const columns = tinyColumns();
    const wholeCases = sdkCases("2026.1.3").flatMap((one) => {
      const reading = one.text !== undefined && one.name.startsWith("expression: ") ? read(one) : null;
      const step = reading?.config?.steps[1];
      return step?.kind === "validation" && reading?.problems.length === 0
        ? [{ one, config: reading.config as Config, step }]
        : [];
    });
    expect(wholeCases.length).toBeGreaterThan(120);
    const compiled = await Promise.all(wholeCases.map(async ({ config }) => (await build(evaluated(config))).steps[1]));
    const texts = wholeCases.flatMap(({ step }, i) => {
      const own = compiled[i];
      return [
        step.expression.strings["polars-0.18"] ?? "",
        own?.kind === "validation" ? (own.expression.strings["polars-0.18"] ?? "") : "",
      ];
    });
    const [answers = []] = evaluate("polars-0.18", [{ columns, texts }]);
    const rows = rowsOf(columns);
    const wrong: string[] = [];
    const unheard: string[] = [];
    wholeCases.forEach(({ one, step }, i) => {
      const lambda = new Function(`"use strict"; return (${step.source});`)() as (row: unknown) => unknown;
      const [theirs, own] = [answers[2 * i], answers[2 * i + 1]];
      if (theirs === undefined || own === undefined || "error" in own)
        return void wrong.push(`${one.name}: ${JSON.stringify(own)}`);
      if ("error" in theirs) return void unheard.push(one.name);
      rows.forEach((row, r) => {
        const holds = lambda(row) === true;
        if ((theirs[r] === true) === holds)
          wrong.push(`${one.name}: row ${r}: theirs ${String(theirs[r])}, ${step.source} is ${holds}`);
        if ((own[r] === true) === holds)
          wrong.push(`${one.name}: row ${r}: ours ${String(own[r])}, ${step.source} is ${holds}`);
      });
    });
    expect(wrong).toEqual([]);
    // This engine lacks a few functions that Python's has.
    expect(unheard).toMatchInlineSnapshot(`
      [
        "expression: col('out.d').sign() > 0",
        "expression: col('out.d').sign() == -1",
      ]
    `);
  });
});
