// Fewer files in dist/: esbuild makes a chunk of every set of modules that the same entries use, most of them smaller
// than 2 kB, and Node takes 0.5 to 1 ms for each file that it loads. Here the small modules that many entries use
// become one chunk: every entry imports all of them. Not those of codegen/: some load the TypeScript compiler.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";

/** A chunk is merged if it is at most this large, with all that it imports, in bytes. */
const maxBytes = 60_000;
/** A chunk is merged if at least this many entries use it. Dynamic imports count as entries. */
const minEntries = 4;

/**
 * The files of all entries, and those of the modules to merge, from the metafile of a build without merging.
 *
 * @param apart the source files of entries that load what they use and no more
 */
export function chunkPlan({ inputs, outputs }, apart) {
  const isApart = (file) => apart.includes(outputs[file].entryPoint);
  const staticImports = (file) =>
    outputs[file].imports.filter(({ kind, external }) => kind === "import-statement" && !external);
  const chunkImports = (file) => outputs[file].imports.filter(({ external }) => !external);
  const withImports = (file, importsOf = staticImports, found = new Set()) => {
    if (!found.has(file)) {
      found.add(file);
      for (const { path } of importsOf(file)) withImports(path, importsOf, found);
    }
    return found;
  };
  const entries = Object.keys(outputs).filter((file) => outputs[file].entryPoint !== undefined);
  const bytesWithImports = (file) => [...withImports(file)].reduce((sum, each) => sum + outputs[each].bytes, 0);
  const kept = new Set(entries.filter(isApart).flatMap((entry) => [...withImports(entry)]));
  const uses = new Map();
  for (const entry of entries) for (const file of withImports(entry)) uses.set(file, (uses.get(file) ?? 0) + 1);
  const merged = Object.keys(outputs).filter((file) => {
    const all = [...withImports(file)];
    // Bundlers of apps follow dynamic imports too: a command's `import("esbuild")` is not for every entry.
    const importsPackage = [...withImports(file, chunkImports)].some((each) =>
      outputs[each].imports.some(({ path, external }) => external && !path.startsWith("node:")),
    );
    const isShared = uses.get(file) >= minEntries && !entries.includes(file) && !kept.has(file);
    if (all.some((each) => Object.keys(outputs[each].inputs).some((path) => path.startsWith("codegen/")))) return false;
    return isShared && bytesWithImports(file) <= maxBytes && !importsPackage;
  });
  const ownModules = (file) => Object.keys(outputs[file].inputs).filter((path) => path in inputs);
  return {
    entries: entries.filter((file) => !isApart(file)).map((file) => outputs[file].entryPoint),
    merged: merged.flatMap(ownModules).sort(),
  };
}

/** The esbuild plugin that merges the plan's modules into one chunk. */
export function mergeChunks({ entries, merged }, root) {
  const absolute = (path) => resolve(root, path);
  const files = new Set(merged.map(absolute));
  const list = merged.map((path) => `import ${JSON.stringify(absolute(path))};`).join("\n");
  return {
    name: "merge-chunks",
    setup(build) {
      build.onResolve({ filter: /^merged-modules$/ }, () => ({
        path: "merged-modules",
        namespace: "merge-chunks",
        sideEffects: true,
      }));
      build.onLoad({ filter: /.*/, namespace: "merge-chunks" }, () => ({ contents: list, resolveDir: root }));
      // package.json says that no module has side effects, so an import without names would be dropped.
      build.onResolve({ filter: /^[./]/ }, async ({ path, pluginData, ...options }) => {
        if (pluginData === "resolved") return undefined;
        const found = await build.resolve(path, { ...options, pluginData: "resolved" });
        return files.has(found.path) ? { ...found, sideEffects: true } : undefined;
      });
      const escaped = entries.map((path) => absolute(path).replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
      build.onLoad({ filter: new RegExp(`^(${escaped.join("|")})$`) }, async ({ path }) => ({
        contents: `import "merged-modules";\n${await readFile(path, "utf8")}`,
        loader: "ts",
      }));
    },
  };
}
