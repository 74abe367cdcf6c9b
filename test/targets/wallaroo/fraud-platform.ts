import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "shapeline/server";
import { root } from "../local-engine.js";

/** The folder of the example's model files. */
export const models = join(root, "examples/fraud/models");

/** The first rows of the example. */
export const exampleRows = (count: number): { readonly pixels: number[] }[] =>
  (
    JSON.parse(readFileSync(join(root, "examples/fraud/rows.df.json"), "utf8")) as { readonly pixels: number[] }[]
  ).slice(0, count);

/** Serves the platform's interface from an empty folder. `close` removes the folder. */
export async function servePlatform(): Promise<{
  readonly url: string;
  readonly folder: string;
  readonly close: () => Promise<void>;
}> {
  const folder = mkdtempSync(join(tmpdir(), "shapeline-platform-"));
  const server = await createServer({ data: join(folder, "data"), wallaroo: true });
  return {
    url: await server.listen({ port: 0, host: "127.0.0.1" }),
    folder,
    async close() {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
