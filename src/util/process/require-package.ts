import { createRequire } from "node:module";
import { join } from "node:path";

/**
 * Loads a package that is installed beside this one. Not `import()`: Node would parse CommonJS files for names to
 * export, and then load them. A bundle in CommonJS has no `import.meta.url`; packages are then those of the working
 * folder.
 */
export const requirePackage = createRequire(import.meta.url ?? join(process.cwd(), "package.json"));

/** As `requirePackage`; null if the package is not installed. Errors of the package itself are thrown. */
export function optionalPackage(name: string): unknown {
  try {
    return requirePackage(name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") return null;
    throw error;
  }
}
