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

/** The steps of a call in the SDK, where a shadow is three steps that are replaced and removed one by one. */
const sdkSteps = ([method, ...args]: Call): Call[] =>
  method === "shadow"
    ? [["models", [args[0], ...(args[1] as unknown[])]], ["audit", "1:"], ["multiOut"]]
    : [[method, ...args]];

/** The calls that build the final pipeline: without replaced and removed steps. */
function finalCalls(calls: SdkCase["calls"]): Call[] {
  const steps: Call[] = [];
  for (const [method, ...args] of calls as readonly Call[]) {
    const replaced = /^replace(.+)$/.exec(method)?.[1];
    if (method === "clear") steps.length = 0;
    else if (method === "remove") steps.splice(args[0] as number, 1);
    else if (replaced === undefined) steps.push(...sdkSteps([method, ...args]));
    else
      steps.splice(
        args[0] as number,
        1,
        ...sdkSteps([replaced.charAt(0).toLowerCase() + replaced.slice(1), ...args.slice(1)]),
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

/** The calls of our builder by the SDK's method; undefined if there is no such call. */
const builderCalls: Readonly<Record<string, (to: Builder, ...args: never[]) => Builder>> = {
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

/** With a negative index the SDK scatters the three steps of a shadow: a bug that we do not copy. */
const scattered = "replace -1 with a shadow";

function buildCase({ name, calls }: SdkCase): AnyPipeline | null {
  if (name === scattered) return null;
  let made = pipeline("fraud") as unknown as Builder;
  for (const [method, ...args] of finalCalls(calls)) {
    const add = builderCalls[method];
    if (add === undefined) return null;
    made = add(made, ...(args as never[]));
  }
  return made as unknown as AnyPipeline;
}

/** Cases that differ in JavaScript: 2.0 is the same number as 2, and whole-number keys of routes come first. */
const javaScriptDiffers = /^random split \[\[2\.0|^key split \{'2'/;
const expectedText = ({ name, text = "" }: SdkCase): string =>
  javaScriptDiffers.test(name) ? stringifyDefinition(JSON.parse(text) as Definition) : text;

const read = (one: SdkCase): ParsedDefinition => fromDefinition(one.text, { models: known });
const codesOf = ({ problems }: ParsedDefinition): string => [...new Set(problems.map(({ code }) => code))].join(" ");

describe.each(versions)("definitions of the SDK %s", (version) => {
  const cases = sdkCases(version);
  const built = cases.filter(({ text }) => text !== undefined);
  const readings = built.map((one) => ({ one, reading: read(one) }));
  const complete = readings.filter(({ reading }) => reading.problems.length === 0);

  it("are read and written unchanged, or have a problem", () => {
    const changed = complete.filter(
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
      read: complete.length,
      refused: readings.length - complete.length,
    }).toMatchSnapshot();
    const refused = readings
      .filter(({ reading }) => reading.problems.length > 0)
      .map(({ one, reading }) => `${codesOf(reading)}: ${one.name}`);
    expect(refused.join("\n")).toMatchSnapshot();
  });

  it("equal the definitions that our builder makes from the same calls", async () => {
    let compared = 0;
    for (const one of built) {
      const own = one.kind === "steps" ? buildCase(one) : null;
      if (own === null || checkPipeline(own).problems.length > 0) continue;
      const text = stringifyDefinition(toDefinition(await build(own), { dialect: dialectOf[version] }));
      expect(text, one.name).toBe(expectedText(one));
      compared++;
    }
    expect(compared).toMatchSnapshot();
  });

  it("decompile to a chain that compiles to the same meaning", async () => {
    let equal = 0;
    const pairs: { name: string; theirs: string; own: string }[] = [];
    for (const { one, reading } of complete) {
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

/** Runs the decompiled chain. */
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

describe.skipIf(!installed)("expressions of the SDK in real polars", () => {
  it("flag the rows where the decompiled lambda is false, and so do our compiled expressions", async () => {
    const columns = tinyColumns();
    const readCases = sdkCases("2026.1.3").flatMap((one) => {
      const reading = one.text !== undefined && one.name.startsWith("expression: ") ? read(one) : null;
      const step = reading?.config?.steps[1];
      return step?.kind === "validation" && reading?.problems.length === 0
        ? [{ one, config: reading.config as Config, step }]
        : [];
    });
    expect(readCases.length).toBe(174);
    const compiled = await Promise.all(readCases.map(async ({ config }) => (await build(evaluated(config))).steps[1]));
    const texts = readCases.flatMap(({ step }, i) => {
      const own = compiled[i];
      return [
        step.expression.strings["polars-0.18"] ?? "",
        own?.kind === "validation" ? (own.expression.strings["polars-0.18"] ?? "") : "",
      ];
    });
    const [answers = []] = evaluate("polars-0.18", [{ columns, texts }]);
    const rows = rowsOf(columns);
    const wrong: string[] = [];
    const unsupported: string[] = [];
    readCases.forEach(({ one, step }, i) => {
      const lambda = new Function(`"use strict"; return (${step.source});`)() as (row: unknown) => unknown;
      const [theirs, own] = [answers[2 * i], answers[2 * i + 1]];
      if (theirs === undefined || own === undefined || "error" in own)
        return void wrong.push(`${one.name}: ${JSON.stringify(own)}`);
      if ("error" in theirs) return void unsupported.push(one.name);
      rows.forEach((row, r) => {
        const holds = lambda(row) === true;
        if ((theirs[r] === true) === holds)
          wrong.push(`${one.name}: row ${r}: theirs ${String(theirs[r])}, ${step.source} is ${holds}`);
        if ((own[r] === true) === holds)
          wrong.push(`${one.name}: row ${r}: ours ${String(own[r])}, ${step.source} is ${holds}`);
      });
    });
    expect(wrong).toEqual([]);
    // The Node build of polars lacks a few functions that the Python build has.
    expect(unsupported).toMatchInlineSnapshot(`
      [
        "expression: col('out.d').sign() > 0",
        "expression: col('out.d').sign() == -1",
      ]
    `);
  });
});
