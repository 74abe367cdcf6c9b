import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { fraud, meta, newFolder, scored, scores, storeIn } from "./batches.js";

/** A log as the first format had it: two rows, the second failing, with a challenger that answered once. */
function formatOne(): string {
  const folder = newFolder();
  writeFileSync(join(folder, "shapeline.duckdb"), gunzipSync(readFileSync(new URL("../fixtures/logs/format-1.duckdb.gz", import.meta.url))));
  return folder;
}

it("a log of the first format is brought to the newest when it is opened, and goes on", async () => {
  const folder = formatOne();
  const store = await storeIn(folder);
  const [old] = await store.readLog("fraud");
  expect(old).toMatchObject({ rows: 2, rowIds: [1n, 0n], requests: [null, null], lastModel: ["ccfraud", "ccfraud"], elapsed: [meta.elapsed, meta.elapsed] });
  expect(scores([old!])).toEqual([1.5, 0.5]);
  expect(old?.challengers.get("rf")?.answered).toEqual(Uint8Array.of(0, 1));
  expect(old?.notes.get("rf")).toEqual(["no answer within 50 ms", null]);
  expect(await store.versions("fraud")).toMatchObject([{ version: 1, config: { hash: "abc" } }]);

  const log = await store.openLog(fraud);
  await log.append(scored(Date.UTC(2026, 1, 1), 0.75), { ...meta, metadata: { session_id: "a1", tries: 2, gold: true } });
  await store.close();
  const again = await storeIn(folder, { readOnly: true });
  const read = await again.readLog("fraud");
  expect(scores(read)).toEqual([0.75, 1.5, 0.5]);
  expect(read.flatMap((batch) => batch.requests)).toEqual([{ session_id: "a1", tries: 2, gold: true }, null, null]);
});

it("a log of the first format is not opened for reading only, which would have to change it", async () => {
  const folder = formatOne();
  const error = await storeIn(folder, { readOnly: true }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "SL7005", details: { format: 1 } });
});
