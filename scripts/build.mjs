// Builds dist/: JavaScript, declarations with maps, and the JSON Schemas of configs and of signature files, generated from their Zod schemas.
import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");

rmSync(join(root, "dist"), { recursive: true, force: true });
try {
  execFileSync(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json")], { stdio: "inherit" });
} catch {
  process.exit(1); // tsc has said why
}

const dist = (...path) => join(root, "dist", ...path);

// The sources name ts-morph, for its types; what runs is the compiler in it, which is loaded without the rest.
writeFileSync(
  dist("codegen", "typescript", "typescript.js"),
  `import { loadTypeScript } from "./load.js";\nexport const ts = loadTypeScript();\n`,
);

// What the command line and the first `build()` load is some hundred small modules, and Zod's: as one file they load in a fraction of the time. What has to be there
// once stays outside: the classes of errors, the DSL that pipeline files import, the parser, and what asks where it stands.
const once = ["dsl", "src/util/own-package.js", "codegen/typescript/typescript.js", "codegen/typescript/load.js"].map(
  (path) => dist(path),
);
const entries = {
  "codegen/compile/build-config.js": "buildConfig",
  "codegen/project/compile-files.js": "compileFiles",
};
await build({
  stdin: {
    contents: Object.entries(entries)
      .map(([file, name]) => `export { ${name} } from "./${file}";`)
      .join("\n"),
    resolveDir: dist(),
  },
  outfile: dist("codegen", "compiler.js"),
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  minifyWhitespace: true,
  sourcemap: true,
  banner: {
    js: `/*\nParts of this file are Zod's.\n\n${readFileSync(join(root, "node_modules", "zod", "LICENSE"), "utf8")}*/`,
  },
  external: ["esbuild", "ts-morph"],
  plugins: [
    {
      name: "once",
      setup: ({ onResolve }) =>
        onResolve({ filter: /^\.{1,2}\// }, ({ path, resolveDir }) => {
          const file = resolve(resolveDir, path);
          if (!once.some((place) => file === place || file.startsWith(place + sep))) return undefined;
          return {
            path: relative(dist("codegen"), file)
              .split(sep)
              .join("/")
              .replace(/^(?!\.)/, "./"),
            external: true,
          };
        }),
    },
  ],
});
for (const [file, name] of Object.entries(entries)) {
  writeFileSync(dist(file), `export { ${name} } from "../compiler.js";\n`);
  rmSync(dist(`${file}.map`));
}

const { configJsonSchema } = await import(new URL("../dist/src/config/json-schema.js", import.meta.url).href);
writeFileSync(dist("pipeline.schema.json"), `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
const { signatureJsonSchema } = await import(new URL("../dist/codegen/index.js", import.meta.url).href);
writeFileSync(dist("signature.schema.json"), `${JSON.stringify(signatureJsonSchema(), null, 2)}\n`);
chmodSync(dist("src", "cli", "main.js"), 0o755);
