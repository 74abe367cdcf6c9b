import { onTestFinished } from "vitest";
import type { Config } from "../../src/config/schema.js";
import { type Engine, openEngine } from "../../src/engine/engine.js";
import { findModelFiles } from "../../src/engine/session/model-files.js";

/** Opens an engine with the models of a folder. It closes at the end of the test. */
export async function openTestEngine(
  dir: string,
  config: Config,
  options: { readonly challengers?: "log" | "return"; readonly seed?: number; readonly runAtOnce?: boolean } = {},
): Promise<Engine> {
  const engine = await openEngine(config, await findModelFiles(dir, config.models), {
    challengers: "log",
    seed: null,
    ...options,
  });
  onTestFinished(() => engine.close());
  return engine;
}
