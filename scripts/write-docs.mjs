// Writes the generated pages: docs/errors.md, docs/type-errors.md, docs/back-ends.md and docs/limits.md.
import { writeFileSync } from "node:fs";
import { errorCodes } from "shapeline";
import { compileLambda } from "shapeline/codegen";
import { lambdaProblems } from "../dist/lambda-problems.js";
import { backEnds } from "../dist/src/expression/backends/back-ends.js";
import { backEndsPage } from "./docs/back-end-docs.mjs";
import { bounds } from "../dist/src/util/bounds.js";
import { errorCodesPage } from "./docs/error-docs.mjs";
import { errorExamples, runTimeExamples } from "./docs/error-examples.mjs";
import { limitsPage } from "./docs/limits-docs.mjs";
import { importTypeScript } from "./import-typescript.mjs";
import { typeErrorsPage } from "./docs/type-error-docs.mjs";

const { refused, models } = await importTypeScript(
  "type-tests",
  'export { refused } from "./cases.js"; export * as models from "./models.js";',
);

const corpus = await importTypeScript("test/codegen/lambda", 'export * from "./refused-corpus.js";');
const compiled = errorExamples(
  { compileLambda, lambdaProblems },
  {
    lambdas: corpus.refusedLambdas,
    alerts: corpus.refusedAlerts,
    row: corpus.row,
    steps: refused,
  },
);

writeFileSync(
  new URL("../docs/errors.md", import.meta.url),
  errorCodesPage(errorCodes, { ...compiled, ...runTimeExamples() }),
);
writeFileSync(new URL("../docs/type-errors.md", import.meta.url), typeErrorsPage(refused, errorCodes, models));
writeFileSync(new URL("../docs/back-ends.md", import.meta.url), backEndsPage(compileLambda, backEnds));
writeFileSync(new URL("../docs/limits.md", import.meta.url), limitsPage(bounds));
