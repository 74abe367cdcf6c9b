import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    // Tests run on the sources; what users import from the package is the same file.
    alias: [
      { find: /^shapeline$/, replacement: here("./src/index.ts") },
      { find: /^shapeline\/local$/, replacement: here("./src/targets/local/index.ts") },
      { find: /^shapeline\/config$/, replacement: here("./src/entries/config.ts") },
      { find: /^shapeline\/wallaroo$/, replacement: here("./src/wallaroo/index.ts") },
      { find: /^shapeline\/codegen$/, replacement: here("./codegen/index.ts") },
    ],
  },
  test: {
    include: ["test/**/*.test.ts", "type-tests/**/*.test.ts"],
    exclude: ["test/oracles/**", "node_modules/**", "dist/**"],
    testTimeout: 180_000,
    maxWorkers: "100%",
  },
});
