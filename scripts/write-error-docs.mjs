// Writes docs/errors.md from the one list of error codes.
import { writeFileSync } from "node:fs";
import { errorCodes } from "shapeline";
import { errorCodesPage } from "./error-docs.mjs";

writeFileSync(new URL("../docs/errors.md", import.meta.url), errorCodesPage(errorCodes));
