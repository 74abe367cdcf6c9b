import { expect, it } from "vitest";
import { fromDefinition, stringifyDefinition, toDefinition } from "shapeline/wallaroo";
import { mutate, randomOf } from "./mutations.js";
import { known, sdkCases, versions } from "./sdk.js";

/** `npm run fuzz:platform` sets 50,000. */
const count = Number(process.env["SHAPELINE_PLATFORM_MUTATIONS"] ?? 2000);

/** Adds `hash_key`, the only optional key of a definition. */
function withHashKeys(definition: { steps: { RandomSplit?: object }[] }): unknown {
  return {
    ...definition,
    steps: definition.steps.map((step) =>
      step.RandomSplit === undefined ? step : { RandomSplit: { hash_key: null, ...step.RandomSplit } },
    ),
  };
}

it("reads mutated definitions completely, or reports problems with paths", () => {
  const random = randomOf(count);
  const texts = versions.flatMap((version) =>
    sdkCases(version).flatMap(({ text }) => (text === undefined || text.includes("NaN") ? [] : [text])),
  );
  const tally = { withProblems: 0, complete: 0, slowestMs: 0 };
  for (let i = 0; i < count; i++) {
    let definition: unknown = JSON.parse(texts[Math.floor(random() * texts.length)] ?? "{}");
    for (let times = 1 + Math.floor(random() * 2); times > 0; times--) definition = mutate(definition, random);
    const started = performance.now();
    const { config, problems, form } = fromDefinition(definition, random() < 0.7 ? { models: known } : {});
    tally.slowestMs = Math.max(tally.slowestMs, performance.now() - started);
    if (problems.length > 0) {
      tally.withProblems++;
      for (const { path, message } of problems)
        if (path === "" || message === "")
          expect.fail(`a problem without path or message: ${JSON.stringify(problems)}`);
      continue;
    }
    tally.complete++;
    // Without problems, the config expresses the whole definition.
    const original = JSON.stringify(definition);
    const written = config === null ? "null" : JSON.stringify(toDefinition(config, form));
    if (original !== written)
      expect(JSON.parse(written)).toEqual(withHashKeys(JSON.parse(original) as Parameters<typeof withHashKeys>[0]));
  }
  console.log(
    `${count} mutated definitions: ${tally.withProblems} with problems, ${tally.complete} read completely; the slowest took ${tally.slowestMs.toFixed(0)} ms`,
  );
  expect(tally.withProblems).toBeGreaterThan(count / 2);
});

const notADefinition = "SL4110 (whole)";
it.each([
  ["nothing", undefined, notADefinition],
  ["null", null, notADefinition],
  ["a number", 7, notADefinition],
  ["a list", [], notADefinition],
  ["text that is not JSON", "{", notADefinition],
  ["JSON of another kind", "[1]", notADefinition],
  ["an object without a prototype", Object.create(null), notADefinition],
  ["a definition without steps", { id: "p" }, notADefinition],
  ["steps that are an object", { id: "p", steps: {} }, notADefinition],
  [
    "steps of wrong types",
    { id: "p", steps: [null, 1, "x", [], {}] },
    "SL4110 steps[0], SL4110 steps[1], SL4110 steps[2], SL4110 steps[3], SL4110 steps[4], SL2007 (whole)",
  ],
  ["too many steps", { id: "p", steps: Array.from({ length: 5000 }, () => ({ MultiOut: {} })) }, "SL4117 steps"],
  [
    "a check that is too long",
    { id: "p", steps: [{ Check: { tree: ["[".repeat(2_000_000)] } }] },
    "SL4117 steps[0].Check.tree[0], SL2007 (whole)",
  ],
])("reports a problem for %s", (_, value, expected) => {
  const { config, problems } = fromDefinition(value);
  expect(config).toBeNull();
  expect(problems.map(({ code, path }) => `${code} ${path}`).join(", ")).toBe(expected);
});

it("writes the same text as the SDK", () => {
  for (const { text, name } of sdkCases("2026.1.3"))
    if (text !== undefined && !text.includes("NaN") && !/2\.0|'2'/.test(name))
      expect(stringifyDefinition(JSON.parse(text) as never)).toBe(text);
});
