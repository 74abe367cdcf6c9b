// Writes the pages that are generated from the code: docs/errors.md and docs/back-ends.md.
import { writeFileSync } from "node:fs";
import { errorCodes } from "shapeline";
import { compileLambda } from "shapeline/codegen";
import { guards } from "../dist/src/expression/guards.js";
import { backEndsPage } from "./back-end-docs.mjs";
import { errorCodesPage } from "./error-docs.mjs";

writeFileSync(new URL("../docs/errors.md", import.meta.url), errorCodesPage(errorCodes));
writeFileSync(new URL("../docs/back-ends.md", import.meta.url), backEndsPage(compileLambda, guards));
