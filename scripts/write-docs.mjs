// Writes the generated pages: docs/errors.md, docs/type-errors.md and docs/back-ends.md.
import { writeFileSync } from "node:fs";
import { errorCodes } from "shapeline";
import { compileLambda } from "shapeline/codegen";
import { backEnds } from "../dist/src/expression/backends/back-ends.js";
import { backEndsPage } from "./back-end-docs.mjs";
import { errorCodesPage } from "./error-docs.mjs";
import { importTypeScript } from "./import-typescript.mjs";
import { typeErrorsPage } from "./type-error-docs.mjs";

const { refused, models } = await importTypeScript(
  "type-tests",
  'export { refused } from "./cases.js"; export * as models from "./models.js";',
);

writeFileSync(new URL("../docs/errors.md", import.meta.url), errorCodesPage(errorCodes));
writeFileSync(new URL("../docs/type-errors.md", import.meta.url), typeErrorsPage(refused, errorCodes, models));
writeFileSync(new URL("../docs/back-ends.md", import.meta.url), backEndsPage(compileLambda, backEnds));
