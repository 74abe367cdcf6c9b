// Builds dist/: JavaScript, declarations with maps, and the JSON Schemas of configs and of signature files, generated from their Zod schemas.
import { execFileSync } from "node:child_process";
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");

rmSync(join(root, "dist"), { recursive: true, force: true });
try {
  execFileSync(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json")], { stdio: "inherit" });
} catch {
  process.exit(1); // tsc has said why
}

// Node reads all of an imported CommonJS package for the names it exports before it runs it: a quarter of what TypeScript costs to load.
writeFileSync(join(root, "dist", "codegen", "typescript.js"), `import { createRequire } from "node:module";\nexport const { ts } = createRequire(import.meta.url)("ts-morph");\n`);

const { configJsonSchema } = await import(new URL("../dist/src/config/json-schema.js", import.meta.url).href);
writeFileSync(join(root, "dist", "pipeline.schema.json"), `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
const { signatureJsonSchema } = await import(new URL("../dist/codegen/index.js", import.meta.url).href);
writeFileSync(join(root, "dist", "signature.schema.json"), `${JSON.stringify(signatureJsonSchema(), null, 2)}\n`);
chmodSync(join(root, "dist", "src", "cli", "main.js"), 0o755);
