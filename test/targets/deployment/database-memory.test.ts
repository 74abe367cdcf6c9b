import { DuckDBInstance } from "@duckdb/node-api";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { local } from "../../../src/targets/local/index.js";
import { config, folder, run, writeModel } from "../../engine/make-config.js";
import { float32 } from "../../engine/recorded-models.js";

test("`databaseMemory` is the memory limit of the log's database", async () => {
  const dir = folder();
  const model = writeModel(dir, "plain", {
    inputs: [float32("x", "batch", 1)],
    outputs: [float32("y", "batch", 1)],
    nodes: [{ op: "Identity", inputs: ["x"], outputs: ["y"] }],
  });
  const plain = config("plain", [model], [run("plain")]);
  const create = vi.spyOn(DuckDBInstance, "create");
  for (const [databaseMemory, limit] of [
    ["1.5 GB", "1.3 GiB"],
    [100_000_000, "95.3 MiB"],
    [undefined, "244.1 MiB"],
  ] as const) {
    const target = local({
      models: dir,
      data: join(dir, String(databaseMemory)),
      ...(databaseMemory === undefined ? {} : { databaseMemory }),
    });
    await target.deploy(plain);
    const instance = (await create.mock.results.at(-1)?.value) as DuckDBInstance;
    const connection = await instance.connect();
    const rows = await (await connection.run("SELECT current_setting('memory_limit')")).getRows();
    connection.closeSync();
    expect(rows).toEqual([[limit]]);
    await target.close();
  }
  create.mockRestore();
});
