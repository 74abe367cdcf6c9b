import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { fileState, watchFiles } from "../../../codegen/watch/watch-files.js";

it("runs again for a source that came to be between a run's result and the next look", async () => {
  const folder = mkdtempSync(join(tmpdir(), "shapeline-watch-"));
  const done = new AbortController();
  let runs = 0;
  await watchFiles({
    watched: async () => {
      const paths = readdirSync(folder).map((name) => join(folder, name));
      return {
        folders: new Map([[folder, false]]),
        state: new Map(await Promise.all(paths.map(async (path) => [path, await fileState(path)] as const))),
      };
    },
    run: () => Promise.resolve(++runs),
    onResult: (run) => (run === 1 ? writeFileSync(join(folder, "new.ts"), "") : done.abort()),
    onError: (error) => expect.unreachable(error.message),
    signal: AbortSignal.any([done.signal, AbortSignal.timeout(30_000)]),
  });
  expect(runs).toBe(2);
});
