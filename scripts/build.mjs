// Builds dist/: JavaScript and declarations (tsc), the compiler as one file (esbuild), and the JSON Schemas of configs
// and signature files. There are no source maps: the JavaScript is not minified.
import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = (...path) => join(root, "dist", ...path);
// TypeScript 7 emits the same JavaScript as TypeScript 6 in a fifth of the time. Declarations differ in the order of
// unions' members; scripts/check-package.mjs compiles them with all supported compilers.
const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript-7/package.json")), "bin", "tsc");

rmSync(dist(), { recursive: true, force: true });
try {
  execFileSync(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json")], { stdio: "inherit" });
} catch {
  process.exit(1); // tsc has printed the errors
}

// codegen/compiler.ts with all its modules and Zod in one file, which loads in a fraction of the time of a hundred
// small ones. Modules that must exist only once stay outside: the DSL that pipeline files import, with its error
// classes, the TypeScript parser, and what looks for files relative to itself.
const shared = ["dsl", "src/util/own-package.ts", "codegen/typescript.ts"].map((path) => join(root, path));
await build({
  entryPoints: [join(root, "codegen", "compiler.ts")],
  outfile: dist("codegen", "compiler.js"),
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  // Node prints the source line of an uncaught error, so no line may be long.
  lineLimit: 120,
  banner: {
    js: `/*\nParts of this file are Zod's.\n\n${readFileSync(join(root, "node_modules", "zod", "LICENSE"), "utf8")}*/`,
  },
  external: ["esbuild", "ts-morph"],
  plugins: [
    {
      name: "shared-modules",
      setup: ({ onResolve }) =>
        onResolve({ filter: /^\.{1,2}\// }, ({ path, resolveDir }) => {
          const source = resolve(resolveDir, path).replace(/\.js$/, ".ts");
          if (!shared.some((place) => source === place || source.startsWith(place + sep))) return undefined;
          const output = relative(join(root, "codegen"), source).split(sep).join("/").replace(/\.ts$/, ".js");
          return { path: output.startsWith(".") ? output : `./${output}`, external: true };
        }),
    },
  ],
});

const { configJsonSchema } = await import(new URL("../dist/src/config/schema.js", import.meta.url).href);
writeFileSync(dist("pipeline.schema.json"), `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
const { signatureJsonSchema } = await import(new URL("../dist/codegen/index.js", import.meta.url).href);
writeFileSync(dist("signature.schema.json"), `${JSON.stringify(signatureJsonSchema(), null, 2)}\n`);
chmodSync(dist("src", "cli", "main.js"), 0o755);
