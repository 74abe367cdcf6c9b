import { expect, onTestFinished, test } from "vitest";
import { parseServerOptions } from "../../src/server/options.js";
import { ModelHost } from "../../src/server/models/model-host.js";
import { observeWith } from "../../src/server/operations/observe-with.js";
import { deployed, models, rows } from "./deployed-fraud.js";

test("a read during which its pipeline is undeployed is made again, and an inference is refused", async () => {
  const host = new ModelHost(parseServerOptions({ data: await deployed(), models }), observeWith([]));
  onTestFinished(() => host.close());
  expect(await host.refresh()).toEqual([]);
  const undeploy = () =>
    host.using("fraud", async (live) => {
      await live.undeploy();
      await host.removed("fraud");
    });
  await host.using("fraud", (live) => live.infer(rows));

  let tries = 0;
  const page = await host.usingOpen("fraud", async (live) => {
    if (tries++ === 0) await undeploy();
    return live.logPage({ limit: 100 });
  });
  expect([tries, page.reduce((sum, batch) => sum + batch.rows, 0)]).toEqual([2, 100]);
  const refused = host.usingOpen("fraud", (live) => live.infer(rows));
  await expect(refused).rejects.toMatchObject({ code: "SL6008" });
});
