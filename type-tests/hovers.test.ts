import { join } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";
import { repository } from "./compilers.js";

const file = join(repository, "type-tests/hovers.ts");
const text = `
import { pipeline, type InferInput, type InferOutput, type LogRow, type Target } from "../dsl/index.js";
import { embed, head, head2 } from "./models.js";
declare const target: Target;
const fraud = pipeline("fraud").model(embed).shadow(head, [head2]).validate("low", (row) => row.out < 1);
fraud.replaceStep(1, (at) => at.model(head));
type Input = InferInput<typeof fraud>;
type Output = InferOutput<typeof fraud>;
type Logged = LogRow<typeof fraud>;
const live = await fraud.deploy(target);
const [answer] = await live.infer([{ image: [1] }]);
const columns = await live.infer({ image: [[1]] });
const [logged] = await live.logs();
const { in: given, out, anomaly } = answer!;
const verdict = logged!.anomaly.low;
`;

/** What an editor shows over the first place of each name. */
function hovers(names: readonly string[]): string[] {
  const options: ts.CompilerOptions = { strict: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, types: ["node"], skipLibCheck: true };
  const service = ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => [file],
    getScriptVersion: () => "1",
    getScriptSnapshot: (name) => {
      const content = name === file ? text : ts.sys.readFile(name);
      return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content);
    },
    getCurrentDirectory: () => repository,
    getDefaultLibFileName: (given) => ts.getDefaultLibFilePath(given),
    fileExists: (name) => name === file || ts.sys.fileExists(name),
    readFile: (name) => (name === file ? text : ts.sys.readFile(name)),
    directoryExists: ts.sys.directoryExists,
  });
  return names.map((name) => {
    const at = text.search(new RegExp(`\\b${name}`));
    return ts.displayPartsToString(service.getQuickInfoAtPosition(file, at)?.displayParts);
  });
}

it("hovers show names that a person can read", () => {
  const names = ["fraud =", "Input =", "Output =", "Logged =", "row\\) =>", "at\\) =>", "live =", "answer", "columns", "logged", "given", "out,", "anomaly }", "verdict"];
  expect(hovers(names).join("\n\n")).toMatchInlineSnapshot(`
    "const fraud: Pipeline<{
        readonly image: F<readonly ["batch", 64]>;
    }, {
        readonly y: Tensor<"float32", readonly ["batch", 1]>;
    }, "low", Cons<Cons<Cons<Unstated, Embed>, Shadow<Head, readonly [Head2]>>, Check<"low">>, ShadowOutputs<{
        readonly embedding: F<readonly ["batch", 12]>;
    }, Head, readonly [Head2]>, "model head-2">

    type Input = {
        readonly image: readonly number[];
    }

    type Output = {
        readonly time: Date;
        readonly in: {
            image: readonly [number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, ... 4 more ..., number];
        };
        readonly out: {
            ...;
        };
        readonly anomaly: Anomaly<...>;
        readonly check_failures: number;
    } & {} & {
        ...;
    }

    type Logged = {
        readonly time: Date;
        readonly in: {
            image: readonly [number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, ... 4 more ..., number];
        };
        readonly out: {
            ...;
        };
        readonly anomaly: LoggedAnomaly<...>;
        readonly check_failures: number;
    } & {} & {
        ...;
    }

    (parameter) row: ShadowRow<{
        readonly image: F<readonly ["batch", 64]>;
    }, {
        readonly y: Tensor<"float32", readonly ["batch", 1]>;
    }, ShadowOutputs<{
        readonly embedding: F<readonly ["batch", 12]>;
    }, Head, readonly [Head2]>>

    (parameter) at: At<{
        readonly image: F<readonly ["batch", 64]>;
    }, {
        readonly embedding: F<readonly ["batch", 12]>;
    }, never, Cons<Unstated, Embed>, object, never>

    const live: Deployment<{
        readonly image: F<readonly ["batch", 64]>;
    }, {
        readonly y: Tensor<"float32", readonly ["batch", 1]>;
    }, "low", {
        readonly "head-2": {
            readonly p: Tensor<"float32", readonly ["batch", 3]>;
        };
    }>

    const answer: InferRecord<{
        readonly image: F<readonly ["batch", 64]>;
    }, {
        readonly y: Tensor<"float32", readonly ["batch", 1]>;
    }, "low", {
        readonly "head-2": {
            readonly p: Tensor<"float32", readonly ["batch", 3]>;
        };
    }>

    const columns: InferColumns<{
        readonly image: F<readonly ["batch", 64]>;
    }, {
        readonly y: Tensor<"float32", readonly ["batch", 1]>;
    }, "low", {
        readonly "head-2": {
            readonly p: Tensor<"float32", readonly ["batch", 3]>;
        };
    }>

    const logged: LogRecord<{
        readonly image: F<readonly ["batch", 64]>;
    }, {
        readonly y: Tensor<"float32", readonly ["batch", 1]>;
    }, "low", {
        readonly "head-2": {
            readonly p: Tensor<"float32", readonly ["batch", 3]>;
        };
    }>

    const given: {
        image: readonly [number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number, number];
    }

    const out: {
        y: readonly [number];
    }

    const anomaly: Anomaly<"low">

    const verdict: boolean | null"
  `);
});
