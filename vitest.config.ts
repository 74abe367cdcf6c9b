import { fileURLToPath, pathToFileURL } from "node:url";
import { defineConfig, type Plugin } from "vitest/config";
import { compileModelWorker } from "./test/model-worker.js";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Starts the engine's worker threads from a compiled file: Node 20 cannot start a worker from TypeScript. */
function modelWorker(): Plugin {
  const url = 'new URL("./model-worker.js", import.meta.url)';
  let compiled: string | undefined;
  return {
    name: "model-worker",
    enforce: "pre",
    transform(code, id) {
      if (!id.endsWith("/src/engine/scheduling/worker-file.ts")) return undefined;
      if (!code.includes(url)) throw new TypeError(`worker-file.ts does not contain ${url}`);
      compiled ??= pathToFileURL(compileModelWorker(here("./node_modules/.cache/shapeline-tests"))).href;
      return { code: code.replace(url, `new URL(${JSON.stringify(compiled)})`), map: null };
    },
  };
}

export default defineConfig({
  plugins: [modelWorker()],
  resolve: {
    // Tests run on the sources; what users import from the package is the same file.
    alias: [
      { find: /^shapeline$/, replacement: here("./src/index.ts") },
      { find: /^shapeline\/local$/, replacement: here("./src/targets/local/index.ts") },
      { find: /^shapeline\/client$/, replacement: here("./src/client/index.ts") },
      { find: /^shapeline\/config$/, replacement: here("./src/entries/config.ts") },
      { find: /^shapeline\/schema$/, replacement: here("./src/schema/index.ts") },
      { find: /^shapeline\/testing$/, replacement: here("./src/testing/index.ts") },
      { find: /^shapeline\/server$/, replacement: here("./src/server/index.ts") },
      { find: /^shapeline\/wallaroo$/, replacement: here("./src/entries/wallaroo.ts") },
      { find: /^shapeline\/codegen$/, replacement: here("./codegen/index.ts") },
      {
        find: /^shapeline\/(vite|rollup|rolldown|webpack|rspack|esbuild|bun|loader)$/,
        replacement: here("./codegen/plugin/entries/$1.ts"),
      },
    ],
  },
  test: {
    include: ["test/**/*.test.ts", "type-tests/**/*.test.ts"],
    exclude: ["test/oracles/**", "test/bundlers/**", "node_modules/**", "dist/**"],
    globalSetup: "test/temporary-folder.ts",
    tags: [{ name: "slow", description: "runs only with SHAPELINE_SLOW=1, or does more then" }],
    testTimeout: 180_000,
    // Hooks load models and open logs, as tests do: on a busy machine that takes longer than vitest's 10 s.
    hookTimeout: 120_000,
    maxWorkers: "100%",
    // Files of one worker share loaded modules: importing them again for each file takes a third of the run.
    isolate: false,
  },
});
