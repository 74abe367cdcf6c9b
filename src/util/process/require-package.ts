import { createRequire } from "node:module";
import { join } from "node:path";

/**
 * Loads a package that is installed beside this one. Not `import()`: Node would parse CommonJS files for names to
 * export, and then load them. A bundle in CommonJS has no `import.meta.url`; packages are then those of the working
 * folder.
 */
export const requirePackage = createRequire(import.meta.url ?? join(process.cwd(), "package.json"));
