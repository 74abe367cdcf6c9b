import { createRequire } from "node:module";
import { relative } from "node:path";
import { isPipelineModule, resolveOptions } from "../plugin/options.js";
import { lambdaMethodName } from "../lambda/lambda-methods.js";
import { importOfPipeline } from "../plugin/prefilter.js";
import type { LambdaProblem } from "./lambda-problems.js";
import type { Mend } from "./mends.js";
import { TypeInformation } from "./type-information.js";
import type { Place, Report, Rule, RuleContext } from "./rule-types.js";

/** The options of `shapeline/lambda`. */
export interface LambdaRuleOptions {
  /**
   * Modules of the project that export `pipeline` again, as in the options of the bundler plugin: files, relative to
   * the folder ESLint runs in and starting with `./`, or other specifiers as imports write them:
   * `["./src/ml.ts", "#ml", "@acme/ml"]`. `shapeline` is always known.
   */
  readonly modules?: readonly string[];
  /**
   * Whether `build()` reads these lambdas from the running functions, as in scripts and tests that neither the bundler
   * plugin nor `shapeline compile` sees. Names from outside are then reported. Default: false.
   */
  readonly readAtRunTime?: boolean;
}

/** Loads the parser when the first file has a pipeline. Rules cannot wait for an `import()`. */
const load = createRequire(import.meta.url);
const findProblems = (...args: Parameters<typeof import("./lambda-problems.js").lambdaProblems>) =>
  (load("./lambda-problems.js") as typeof import("./lambda-problems.js")).lambdaProblems(...args);

/** Reports what the compiler refuses in lambdas, at the place, with the compiler's code, words and hint. */
export const lambdaRule: Rule = {
  meta: {
    type: "problem",
    docs: { description: "Refuse what a lambda of `.validate` or `.alert` cannot contain" },
    fixable: "code",
    hasSuggestions: true,
    messages: {
      refused: "{{code}}: {{message}}",
      refusedWithHint: "{{code}}: {{message}}. Hint: {{hint}}",
      mend: "{{title}}",
    },
    schema: [
      {
        type: "object",
        properties: {
          modules: { type: "array", items: { type: "string" }, uniqueItems: true },
          readAtRunTime: { type: "boolean" },
        },
        additionalProperties: false,
      },
    ],
  },
  create(context: RuleContext) {
    const { modules = [], readAtRunTime = false } = (context.options[0] ?? {}) as LambdaRuleOptions;
    const { filename: file, sourceCode } = context;
    return {
      Program(program) {
        const code = sourceCode.text;
        if (!lambdaMethodName.test(code)) return;
        const options = resolveOptions({ modules, root: context.cwd }, "shapeline/lambda");
        const types = TypeInformation.of(sourceCode.parserServices, program);
        // With types, a pipeline may come from any module.
        if (types === null && !importOfPipeline(options).test(code)) return;
        const isModule = (specifier: string) => isPipelineModule(specifier, file, options);
        // Messages name the file where they speak of a function that a lambda calls.
        const shown = relative(context.cwd, file);
        for (const problem of findProblems(code, { file: shown, isPipelineModule: isModule, readAtRunTime, types }))
          context.report(reportOf(problem, context));
      },
    };
  },
};

function reportOf({ code, message, hint, start, end, mend }: LambdaProblem, { sourceCode }: RuleContext): Report {
  const place = (offset: number): Place => sourceCode.getLocFromIndex(offset);
  const loc = { start: place(start), end: place(end) };
  const data = { code, message, ...(hint !== undefined && { hint }) };
  const messageId = hint === undefined ? "refused" : "refusedWithHint";
  if (mend === undefined) return { loc, messageId, data };
  const fix: Report["fix"] = (fixer) => fixer.replaceTextRange([mend.start, mend.end], mend.text);
  if (mend.automatic) return { loc, messageId, data, fix };
  return { loc, messageId, data, suggest: [suggestion(mend, fix)] };
}

const suggestion = ({ title }: Mend, fix: NonNullable<Report["fix"]>) => ({
  messageId: "mend",
  data: { title },
  fix,
});
