// Writes the pages that are generated from the code: docs/errors.md, docs/type-errors.md and docs/back-ends.md.
import { writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { errorCodes } from "shapeline";
import { compileLambda } from "shapeline/codegen";
import { guards } from "../dist/src/expression/backends/guards.js";
import { backEndsPage } from "./back-end-docs.mjs";
import { errorCodesPage } from "./error-docs.mjs";
import { typeErrorsPage } from "./type-error-docs.mjs";

const typeTests = fileURLToPath(new URL("../type-tests/", import.meta.url));
const outfile = `${typeTests}docs-${process.pid}.mjs`;
const contents = `export { refused } from "./cases.js"; export * as models from "./models.js";`;
await build({
  stdin: { contents, resolveDir: typeTests },
  outfile,
  bundle: true,
  packages: "external",
  format: "esm",
  platform: "node",
  target: "node20",
  logLevel: "error",
});
const { refused, models } = await import(outfile).finally(() => rm(outfile, { force: true }));

writeFileSync(new URL("../docs/errors.md", import.meta.url), errorCodesPage(errorCodes));
writeFileSync(new URL("../docs/type-errors.md", import.meta.url), typeErrorsPage(refused, errorCodes, models));
writeFileSync(new URL("../docs/back-ends.md", import.meta.url), backEndsPage(compileLambda, guards));
