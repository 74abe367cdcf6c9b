import { expect, it } from "vitest";
import { LanguageService } from "./language-service.js";

const text = `
import { pipeline, type InferInput, type InferOutput, type LogRow, type Target } from "../../dsl/index.js";
import { embed, head, head2 } from "../models.js";
declare const target: Target;
const fraud = pipeline("fraud").model(embed).shadow(head, [head2]).validate("low", (row) => row.out < 1);
fraud.replaceStep(1, (at) => at.model(head));
type Input = InferInput<typeof fraud>;
type Output = InferOutput<typeof fraud>;
type Logged = LogRow<typeof fraud>;
const live = await fraud.deploy(target);
const [answer] = await live.infer([{ image: new Float32Array(64) }]);
const columns = await live.infer({ image: [[1]] });
const [logged] = await live.logs();
const { in: inputValues, out, anomaly } = answer;
const verdict = logged!.anomaly.low;
`;

/** The hover over the first occurrence of each name. */
function hovers(names: readonly string[]): string[] {
  const service = new LanguageService(text);
  return names.map((name) => service.hover(text.search(new RegExp(`\\b${name}`))));
}

const requested = `{
    readonly image: F<readonly ["batch", 64]>;
}`;
const answered = `{
    readonly y: Tensor<"float32", readonly ["batch", 1]>;
}`;
const beside = `OutputsOf<{
    readonly embedding: F<readonly ["batch", 12]>;
}, Head | Head2>`;
const logged = `{
    readonly "head-2": {
        readonly p: Tensor<"float32", readonly ["batch", 3]>;
    };
}`;
const numbers = (before: string) => `readonly [${"number, ".repeat(before === "" ? 63 : 59)}${before}number]`;
/** The client types are expanded, and truncated where they are long. */
const row = (anomaly: string) => `{
    readonly time: Date;
    readonly in: {
        image: ${numbers("... 4 more ..., ")};
    };
    readonly out: {
        ...;
    };
    readonly anomaly: ${anomaly}<...>;
    readonly check_failures: number;
} & {} & {
    ...;
}`;

/** The expected hovers, by a pattern for the position in the text. */
const expected: Readonly<Record<string, string>> = {
  "fraud =": `const fraud: Pipeline<${requested}, ${answered}, "low", After<Validation<"low">, After<Shadow<Head, readonly [Head2]>, After<Embed, Unstated>>>, ${beside}, "model head-2">`,
  "Input =":
    "type Input = {\n    readonly image: readonly number[] | Float32Array<ArrayBufferLike> | ShapedInput<Float32Array<ArrayBufferLike>>;\n}",
  "Output =": `type Output = ${row("Anomaly")}`,
  "Logged =": `type Logged = ${row("LoggedAnomaly")}`,
  "row\\) =>": `(parameter) row: ShadowRow<${requested}, ${answered}, ${beside}>`,
  "at\\) =>": `(parameter) at: At<${requested}, {\n    readonly embedding: F<readonly ["batch", 12]>;\n}, never, After<Embed, Unstated>, object, never>`,
  "live =": `const live: Deployment<${requested}, ${answered}, "low", ${logged}>`,
  answer: `const answer: InferRecord<${requested}, ${answered}, "low", ${logged}>`,
  columns: `const columns: InferColumns<${requested}, ${answered}, "low", ${logged}>`,
  logged: `const logged: LogRecord<${requested}, ${answered}, "low", ${logged}>`,
  inputValues: `const inputValues: {\n    image: ${numbers("")};\n}`,
  "out,": "const out: {\n    y: readonly [number];\n}",
  "anomaly }": `const anomaly: Anomaly<"low">`,
  verdict: "const verdict: boolean | null",
};

const found = hovers(Object.keys(expected));
it.each(Object.entries(expected).map(([place, text], index) => ({ place, text, index })))(
  "a hover shows readable names: $place",
  ({ text, index }) => {
    expect(found[index]).toBe(text);
  },
);
