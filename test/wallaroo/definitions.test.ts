import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { build, defineModel, pipeline, tensor, type Config } from "shapeline";
import { parseConfig } from "shapeline/config";
import { decompile, fromDefinition, stringifyDefinition, toDefinition, type Definition } from "shapeline/wallaroo";
import { a, b, c } from "../config/models.js";
import { refusal } from "../refusal.js";

const fraud = parseConfig(readFileSync(new URL("../../examples/fraud/fraud.pipeline.json", import.meta.url), "utf8"));

const problemsOf = (definition: unknown, options = {}): string[] =>
  fromDefinition(definition, options).problems.map(({ code, path, message }) => `${code} ${path}: ${message}`);
/** A model as a definition names it. */
const definitionModel = (name: string, digit: string) => ({ name, version: "1", sha: digit.repeat(64) });

describe("toDefinition and fromDefinition", () => {
  it("refuse options that are wrong", async () => {
    const definition = toDefinition(fraud, { dialect: "polars" });
    expect(await refusal(() => fromDefinition(definition, { model: [] } as never))).toBe(
      "SL6011 fromDefinition() has no option 'model' (did you mean 'models'?); leave it out, or give one of its options: 'models'",
    );
    expect(await refusal(() => fromDefinition(definition, { models: a } as never))).toMatch(
      /^SL6011 fromDefinition\(\): the option 'models' is an object.*; give a list of handles, or of results of readSignature\(\)$/,
    );
  });

  it("write a shadow as three steps and a validation as a check, and read back the same config", () => {
    const definition = toDefinition(fraud, { dialect: "polars" });
    expect(definition.steps.map((step) => Object.keys(step)[0])).toEqual([
      "ModelInference",
      "ModelInference",
      "AuditResults",
      "MultiOut",
      "Check",
    ]);
    const { config, problems, inferred } = fromDefinition(stringifyDefinition(definition), { models: fraud.models });
    expect(problems).toEqual([]);
    expect(inferred).toEqual([]);
    // A definition does not contain the author's lambda; the texts of other back-ends follow from the tree.
    const comparable = (one: Config | null) =>
      one?.steps.map((step) =>
        step.kind === "validation" ? [step.name, step.expression.tree, step.expression.strings["polars-0.18"]] : step,
      );
    expect(comparable(config)).toEqual(comparable(fraud));
    expect({ ...config, steps: [], hash: "" }).toEqual({ ...fraud, steps: [], hash: "" });
  });

  it("infer the ports of one challenger beside others whose lone inputs have other names", () => {
    const definition = toDefinition(fraud, { dialect: "polars" });
    const models = fraud.models.filter(({ name }) => name !== "c2");
    const { config, problems, inferred } = fromDefinition(definition, { models });
    expect([problems, inferred]).toEqual([[], ["c2"]]);
    expect(config?.models.find(({ name }) => name === "c2")?.inputs).toHaveLength(1);
  });

  it("write the text that the SDK's HTTP client sends", async () => {
    const config = await build(
      pipeline("p")
        .keySplit("é", { default: a, routes: { "\u2028": b } })
        .validate("high", (x) => x.out.x[0] < 0.9 && x.in.x[1] > 1e-7),
    );
    expect(stringifyDefinition(toDefinition(config, { dialect: "polars" }))).toMatchInlineSnapshot(
      `"{"id": "p", "steps": [{"MetaValueSplit": {"split_key": "\\u00e9", "control": {"name": "a", "version": "1", "sha": "1111111111111111111111111111111111111111111111111111111111111111"}, "routes": {"\\u2028": {"name": "b", "version": "1", "sha": "2222222222222222222222222222222222222222222222222222222222222222"}}}}, {"Check": {"tree": ["{\\"Alias\\":[{\\"Function\\":{\\"input\\":[{\\"BinaryExpr\\":{\\"left\\":{\\"BinaryExpr\\":{\\"left\\":{\\"Cast\\":{\\"expr\\":{\\"Function\\":{\\"input\\":[{\\"Column\\":\\"out.x\\"},{\\"Literal\\":{\\"Int32\\":0}}],\\"function\\":{\\"ListExpr\\":\\"Get\\"},\\"options\\":{\\"collect_groups\\":\\"ApplyFlat\\",\\"fmt_str\\":\\"\\",\\"input_wildcard_expansion\\":false,\\"auto_explode\\":true,\\"cast_to_supertypes\\":false,\\"allow_rename\\":false,\\"pass_name_to_apply\\":false,\\"changes_length\\":false,\\"check_lengths\\":true,\\"allow_group_aware\\":true}}},\\"data_type\\":\\"Float64\\",\\"strict\\":true}},\\"op\\":\\"Lt\\",\\"right\\":{\\"Literal\\":{\\"Float64\\":0.9}}}},\\"op\\":\\"And\\",\\"right\\":{\\"BinaryExpr\\":{\\"left\\":{\\"Cast\\":{\\"expr\\":{\\"Function\\":{\\"input\\":[{\\"Column\\":\\"in.x\\"},{\\"Literal\\":{\\"Int32\\":1}}],\\"function\\":{\\"ListExpr\\":\\"Get\\"},\\"options\\":{\\"collect_groups\\":\\"ApplyFlat\\",\\"fmt_str\\":\\"\\",\\"input_wildcard_expansion\\":false,\\"auto_explode\\":true,\\"cast_to_supertypes\\":false,\\"allow_rename\\":false,\\"pass_name_to_apply\\":false,\\"changes_length\\":false,\\"check_lengths\\":true,\\"allow_group_aware\\":true}}},\\"data_type\\":\\"Float64\\",\\"strict\\":true}},\\"op\\":\\"Gt\\",\\"right\\":{\\"Literal\\":{\\"Float64\\":1e-7}}}}}}],\\"function\\":{\\"Boolean\\":\\"IsNot\\"},\\"options\\":{\\"collect_groups\\":\\"ApplyFlat\\",\\"fmt_str\\":\\"\\",\\"input_wildcard_expansion\\":false,\\"auto_explode\\":false,\\"cast_to_supertypes\\":false,\\"allow_rename\\":false,\\"pass_name_to_apply\\":false,\\"changes_length\\":false,\\"check_lengths\\":true,\\"allow_group_aware\\":true}}},\\"high\\"]}"]}}]}"`,
    );
  });

  it("write checks of the checks dialect right after the inference step, the last one first", async () => {
    const config = await build(
      pipeline("p")
        .shadow(a, [b])
        .validate("one", (x) => x.out.x[0] < 1)
        .validate("two", (x) => x.out.x[1] < 2)
        .model(c)
        .validate("three", (x) => x.out.x[0] < 3),
    );
    const definition = toDefinition(config, { dialect: "checks" });
    const names = definition.steps.map((step) =>
      "Check" in step ? /"validations": \["(\w+)"\]/.exec(step.Check.tree[0] ?? "")?.[1] : Object.keys(step)[0],
    );
    expect(names).toEqual(["ModelInference", "two", "one", "AuditResults", "MultiOut", "ModelInference", "three"]);
    const { config: back, problems } = fromDefinition(definition, { models: config.models });
    expect(problems).toEqual([]);
    expect(back?.steps.map((step) => (step.kind === "validation" ? step.name : step.kind))).toEqual([
      "shadow",
      "one",
      "two",
      "model",
      "three",
    ]);
  });

  it("keep the grouping of checks", async () => {
    const text = (name: string) =>
      `{"Alias":[{"BinaryExpr":{"left":{"Column":"out.y"},"op":"Gt","right":{"Literal":{"Float64":0.5}}}},"${name}"]}`;
    const definition: Definition = {
      id: "p",
      steps: [
        { ModelInference: { models: [definitionModel("a", "1")] } },
        { Check: { tree: [text("v"), text("w")] } },
        { Check: { tree: [text("z")] } },
      ],
    };
    const { config, form } = fromDefinition(definition);
    expect(form).toEqual({ dialect: "polars", checks: [2, 1] });
    expect(toDefinition(config as Config, form)).toEqual(definition);
    expect(toDefinition(config as Config, { dialect: "polars" }).steps).toHaveLength(2);
    expect(
      await refusal(() => toDefinition(config as Config, { dialect: "polars", checks: [1, 1] })),
    ).toMatchInlineSnapshot(
      `"SL4106 the groups of checks [1,1] do not fit the validations, which come in runs of [3]; leave 'checks' out"`,
    );
  });
});

describe("toDefinition rejects what the platform cannot express:", () => {
  it("all problems at once, with the step, the reason and what to do", async () => {
    const odd = defineModel({
      name: "odd_name",
      sha256: "4".repeat(64),
      inputs: { y: tensor("float32", ["batch", 2]) },
      outputs: { y: tensor("float32", ["batch", "n"]) },
    });
    const config = await build(
      pipeline("p")
        .model(a)
        .model(odd, { y: "x" })
        .refine({ "odd_name.n": 3 })
        .validate("power", (x) => x.out.y[0] ** 2 < 1)
        .alert("many", (all) => all.count() > 10, { over: "5m" }),
    );
    expect(await refusal(() => toDefinition(config, { dialect: "polars" }))).toMatchInlineSnapshot(`
      "SL4100 pipeline 'p' has 5 parts that the platform cannot express:
        SL4104 models[1].name: a name on the platform has at most 63 letters, digits and '-', starts with a letter and does not end with '-', and the model is named 'odd_name': rename it
        SL4102 steps[1]: a step of the platform cannot rename ports, and in 'odd_name' 'y' takes 'x': give the ports the same name, or rename them in the model's configuration on the platform (tensor_fields)
        SL4103 steps[2]: the platform has no step that checks sizes (odd_name.n): remove the step for the platform
        SL4101 steps[3]: validation 'power': polars rounds ** differently from JavaScript; multiply, as in x * x
        SL4105 steps[4]: alert 'many': platforms since 2023.4.2 have no alerts: remove the step for the platform, and watch its metrics or log instead"
    `);
  });

  it("by dialect", async () => {
    const config = await build(
      pipeline("p")
        .model(a)
        .validate("either", (x) => x.out.x[0] < 1 || x.out.x[1] < 1),
    );
    expect(toDefinition(config, { dialect: "polars" }).steps).toHaveLength(2);
    expect(await refusal(() => toDefinition(config, { dialect: "checks" }))).toMatchInlineSnapshot(`
      "SL4100 pipeline 'p' has one part that the platform cannot express:
        SL4101 steps[1]: validation 'either': the platform's checks have no 'or'"
    `);
    expect(await refusal(() => toDefinition(config, { dialect: "spark" as never }))).toMatchInlineSnapshot(
      `"SL4106 the dialect is 'polars' (platforms since 2023.4.2) or 'checks' (earlier ones), not "spark""`,
    );
  });
});

describe("fromDefinition without signatures", () => {
  const steps = [
    { ModelInference: { models: [definitionModel("a", "1"), definitionModel("b", "2")] } },
    { AuditResults: { from: 1, to: null } },
    { MultiOut: {} },
  ];
  const get = (column: string, index: number) =>
    `{"Function":{"input":[{"Column":"${column}"},{"Literal":{"Int32":${index}}}],"function":{"ListExpr":"Get"},"options":{"collect_groups":"ApplyFlat","fmt_str":"","input_wildcard_expansion":false,"auto_explode":true,"cast_to_supertypes":false,"allow_rename":false,"pass_name_to_apply":false,"changes_length":false,"check_lengths":true,"allow_group_aware":true}}}`;
  const check = (left: string, right: string, name: string) => ({
    Check: { tree: [`{"Alias":[{"BinaryExpr":{"left":${left},"op":"Gt","right":${right}}},"${name}"]}`] },
  });
  const definition = {
    id: "p",
    steps: [
      ...steps,
      check(get("out.dense_1", 0), '{"Literal":{"Float64":0.9}}', "fraud"),
      check(get("out_b.score", 1), get("in.tensor", 0), "beside"),
      { ModelInference: { models: [definitionModel("c", "3")] } },
    ],
  };

  it("infers ports from the columns that checks read, and names the models", () => {
    const { config, problems, inferred } = fromDefinition(definition);
    expect(problems).toEqual([]);
    expect(inferred).toEqual(["a", "b", "c"]);
    expect(
      config?.models.map(({ name, inputs, outputs }) =>
        [name, inputs, outputs].map((part) => JSON.stringify(part)).join(" "),
      ),
    ).toMatchInlineSnapshot(`
      [
        ""a" [{"name":"tensor","dtype":"float64","shape":["batch",1]}] [{"name":"dense_1","dtype":"float64","shape":["batch",1]}]",
        ""b" [{"name":"tensor","dtype":"float64","shape":["batch",1]}] [{"name":"score","dtype":"float64","shape":["batch",2]}]",
        ""c" [{"name":"dense_1","dtype":"float64","shape":["batch",1]}] [{"name":"output","dtype":"float64","shape":["batch",null]}]",
      ]
    `);
    expect(toDefinition(config as Config, { dialect: "polars", checks: [1, 1] })).toEqual(definition);
  });

  it("infers an open length if an expression handles missing elements", () => {
    const options =
      '"options":{"collect_groups":"ApplyFlat","fmt_str":"","input_wildcard_expansion":false,"auto_explode":false,"cast_to_supertypes":false,"allow_rename":false,"pass_name_to_apply":false,"changes_length":false,"check_lengths":true,"allow_group_aware":true}';
    const missing = {
      Check: {
        tree: [
          `{"Alias":[{"Function":{"input":[${get("out.y", 2)}],"function":{"Boolean":"IsNull"},${options}}},"v"]}`,
        ],
      },
    };
    const { config, problems } = fromDefinition({
      id: "p",
      steps: [{ ModelInference: { models: [definitionModel("a", "1")] } }, missing],
    });
    expect(problems).toEqual([]);
    expect(config?.steps[1]).toMatchObject({ source: "x => !(x.out.y[2] === undefined)" });
  });

  it("decompiles to a chain as an author would write it", () => {
    expect(decompile(fromDefinition(definition).config as Config).text).toMatchInlineSnapshot(`
      "import { pipeline } from "shapeline";
      import { a, b, c } from "./models.gen.js";

      export const p = pipeline("p")
        .shadow(a, [b])
        .validate("fraud", x => !(x.out.dense_1[0] > 0.9))
        .validate("beside", x => !(x.models.b.score[1] > x.in.tensor[0]))
        .model(c);
      "
    `);
  });
});

describe("fromDefinition reports what it cannot read:", () => {
  const check = (text: string) => ({
    id: "p",
    steps: [{ ModelInference: { models: [definitionModel("a", "1")] } }, { Check: { tree: [text] } }],
  });
  it.each([
    [
      "step kinds that no SDK builds, and an unknown one",
      {
        id: "p",
        steps: [
          { InputDataToType: { data_type: "f32" } },
          { ColumnsSelect: { columns: [0] } },
          { ColumnsToRows: {} },
          { RowsToModels: { rows_to_models: [{ row_index: 0, model: definitionModel("a", "1") }] } },
          { ModelInference: { models: [definitionModel("a", "1")] } },
          { Average: {} },
          { Merge: {} },
        ],
      },
    ],
    [
      "missing and unknown keys",
      {
        id: "p",
        extra: 1,
        steps: [{ ModelInference: { models: [{ name: "a", sha: "x" }] } }, { Nth: { index: 0, of: 2 } }],
      },
    ],
    [
      "values that the SDK accepts but that have no meaning",
      {
        id: "p",
        steps: [
          { RandomSplit: { hash_key: null, weights: [{ model: definitionModel("a", "1"), weight: -1 }] } },
          { Nth: { index: -1 } },
        ],
      },
    ],
    ["incomplete JSON", check('{"Alias":[{"BinaryExpr":{"left"')],
    [
      "an unknown operation",
      check('{"Alias":[{"BinaryExpr":{"left":{"Column":"out.x"},"op":"Divide","right":{"Literal":{"Int32":2}}}},"v"]}'),
    ],
    [
      "two files with one model name",
      {
        id: "p",
        steps: [
          { ModelInference: { models: [definitionModel("a", "1")] } },
          { ModelInference: { models: [definitionModel("a", "2")] } },
        ],
      },
    ],
  ])("%s", (_, definition) => {
    expect(problemsOf(definition)).toMatchSnapshot();
  });

  it("a signature of another file", () => {
    const definition = { id: "p", steps: [{ ModelInference: { models: [definitionModel("a", "1")] } }] };
    expect(
      problemsOf(definition, {
        models: [
          {
            name: "a",
            sha256: "9".repeat(64),
            inputs: [{ name: "x", dtype: "float32", shape: ["b", 2] }],
            outputs: [{ name: "x", dtype: "float32", shape: ["b", 2] }],
          },
        ],
      }),
    ).toMatchInlineSnapshot(`
      [
        "SL4116 models[0]: the signature of 'a' is of the file 999999999999…, and the definition names 111111111111…",
      ]
    `);
  });
});
