import { expect, it } from "vitest";
import { fromDefinition, stringifyDefinition, toDefinition } from "shapeline/wallaroo";
import { mutated, randomOf } from "./mutations.js";
import { known, sdkCases, versions } from "./sdk.js";

/** `npm run fuzz:platform` asks for 50,000. */
const count = Number(process.env["SHAPELINE_PLATFORM_MUTATIONS"] ?? 4000);

/** The one key that may be left out. */
function withHashKeys(definition: { steps: { RandomSplit?: object }[] }): unknown {
  return {
    ...definition,
    steps: definition.steps.map((step) =>
      step.RandomSplit === undefined ? step : { RandomSplit: { hash_key: null, ...step.RandomSplit } },
    ),
  };
}

it("reads mutated definitions to the end: problems with paths, or the whole of what they say", () => {
  const random = randomOf(count);
  const texts = versions.flatMap((version) =>
    sdkCases(version).flatMap(({ text }) => (text === undefined || text.includes("NaN") ? [] : [text])),
  );
  const tally = { problems: 0, whole: 0, slowest: 0 };
  for (let i = 0; i < count; i++) {
    let definition: unknown = JSON.parse(texts[Math.floor(random() * texts.length)] ?? "{}");
    for (let times = 1 + Math.floor(random() * 2); times > 0; times--) definition = mutated(definition, random);
    const began = performance.now();
    const { config, problems, form } = fromDefinition(definition, random() < 0.7 ? { models: known } : {});
    tally.slowest = Math.max(tally.slowest, performance.now() - began);
    if (problems.length > 0) {
      tally.problems++;
      for (const { path, message } of problems)
        if (path === "" || message === "") expect(problems).toBe("each with a path and a message");
      continue;
    }
    tally.whole++;
    // Nothing was said to be lost, so nothing is.
    const [given, back] = [
      JSON.stringify(definition),
      config === null ? "null" : JSON.stringify(toDefinition(config, form)),
    ];
    if (given !== back)
      expect(JSON.parse(back)).toEqual(withHashKeys(JSON.parse(given) as Parameters<typeof withHashKeys>[0]));
  }
  console.log(
    `${count} mutated definitions: ${tally.problems} with problems, ${tally.whole} that say something else or the same; the slowest took ${tally.slowest.toFixed(0)} ms`,
  );
  expect(tally.problems).toBeGreaterThan(count / 2);
  expect(tally.slowest).toBeLessThan(5000);
});

it.each([
  ["nothing", undefined],
  ["null", null],
  ["a number", 7],
  ["a list", []],
  ["no JSON", "{"],
  ["JSON of something else", "[1]"],
  ["a getter's object", Object.create(null)],
  ["no steps", { id: "p" }],
  ["steps of another kind", { id: "p", steps: {} }],
  ["steps that are null", { id: "p", steps: [null, 1, "x", [], {}] }],
  ["many steps", { id: "p", steps: Array.from({ length: 5000 }, () => ({ MultiOut: {} })) }],
  ["an endless text", { id: "p", steps: [{ Check: { tree: ["[".repeat(2_000_000)] } }] }],
])("says what is wrong with %s", (_, value) => {
  const { config, problems } = fromDefinition(value);
  expect(config).toBeNull();
  expect(problems.length).toBeGreaterThan(0);
});

it("writes text that is read back the same", () => {
  for (const { text, name } of sdkCases("2026.1.3"))
    if (text !== undefined && !text.includes("NaN") && !/2\.0|'2'/.test(name))
      expect(stringifyDefinition(JSON.parse(text) as never)).toBe(text);
});
