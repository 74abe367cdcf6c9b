import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { tableFromIPC } from "apache-arrow";
import { describe, expect, test } from "vitest";
import type { Port } from "../../../dsl/tensor.js";
import type { LocalOptions } from "../../../src/targets/local/index.js";
import { config, folder, run, writeModel } from "../../engine/make-config.js";
import { float32 } from "../../engine/recorded-models.js";
import { openEngine } from "../local-engine.js";

const dir = folder();
const string = (name: string, ...shape: NonNullable<Port["shape"]>): Port => ({ name, dtype: "string", shape });

/** A score, an e-mail address and an image of open height; the outputs are the same values. */
const customers = writeModel(dir, "customers", {
  inputs: [float32("score", "batch", 1), string("email", "batch", 1), float32("image", "batch", 3, "height", 2)],
  outputs: [float32("risk", "batch", 1), string("contact", "batch", 1), float32("pixels", "batch", 3, "height", 2)],
  nodes: [
    { op: "Identity", inputs: ["score"], outputs: ["risk"] },
    { op: "Identity", inputs: ["email"], outputs: ["contact"] },
    { op: "Identity", inputs: ["image"], outputs: ["pixels"] },
  ],
});
const plain = config("customers", [customers], [run("customers")]);
const image = (height: number) => [1, 2, 3].map((channel) => Array.from({ length: height }, (_, y) => [channel, y]));
const row = (score: number, height = 2) => ({
  score: [score],
  email: [`user${score}@example.com`],
  image: image(height),
});

const deployed = (log: LocalOptions["log"], data = folder()) =>
  openEngine({ models: dir, data, ...(log === undefined ? {} : { log }) }).deploy(plain);

describe("excluded columns", () => {
  test("are absent in logs, tables and exports, and named beside them; answers have them", async () => {
    const live = await deployed({ exclude: ["in.image", "out"] });
    expect((await live.infer([row(1)]))[0]).toMatchObject({
      in: { score: [1], email: ["user1@example.com"], image: image(2) },
      out: { risk: [1], contact: ["user1@example.com"], pixels: image(2) },
    });
    const rows = await live.logs();
    expect(rows.map(({ in: input, out }) => ({ in: input, out }))).toEqual([
      { in: { score: [1], email: ["user1@example.com"] }, out: {} },
    ]);
    const excluded = ["in.image", "out.risk", "out.contact", "out.pixels"];
    expect(rows.withheld).toEqual({ excluded, redacted: [], digested: [] });
    expect(Object.keys(rows)).toEqual(["0"]);
    const { schema } = await live.logs({ arrow: true });
    expect(schema.fields.map(({ name }) => name)).toEqual([
      "time",
      "in.score",
      "in.email",
      "anomaly.count",
      "check_failures",
    ]);
    expect(schema.metadata).toEqual(new Map([["shapeline.excluded", JSON.stringify(excluded)]]));
    const { files, withheld } = await live.exportLogs({ directory: folder(), format: "arrow" });
    expect(withheld).toEqual({ excluded, redacted: [], digested: [] });
    expect(tableFromIPC(readFileSync(files[0] ?? "")).schema.metadata).toEqual(schema.metadata);
  });
});

describe("redacted columns", () => {
  test("hold a marker in text and null in numbers", async () => {
    const live = await deployed({ redact: ["in.email", "in.score", "out"] });
    await live.infer([row(1), row(2)]);
    const rows = await live.logs({ dataset: ["in.email", "in.score", "out"] });
    expect(rows).toEqual(
      [1, 2].map(() => ({
        in: { score: null, email: ["[redacted]"] },
        out: { risk: null, contact: ["[redacted]"], pixels: null },
      })),
    );
    expect(rows.withheld.redacted).toEqual(["in.score", "in.email", "out.risk", "out.contact", "out.pixels"]);
    const table = await live.logs({ arrow: true });
    expect(String(table.getChild("out.pixels")?.type)).toBe("List<List<List<Float32>>>");
    expect(table.getChild("out.pixels")?.nullCount).toBe(2);
  });
});

describe("tensors with more elements than maxElements", () => {
  test("are stored as their shape and the SHA-256 of their bytes", async () => {
    const live = await deployed({ maxElements: 12 });
    await live.infer([row(1)]);
    await live.infer([row(2, 3)]);
    const digest = createHash("sha256")
      .update(Float32Array.from(image(3).flat(2)))
      .digest("hex");
    const rows = await live.logs({ dataset: ["in"] });
    expect(rows).toEqual([
      {
        in: {
          score: [2],
          email: ["user2@example.com"],
          image: null,
          "image.shape": [3, 3, 2],
          "image.digest": `sha256:${digest}`,
        },
      },
      { in: { score: [1], email: ["user1@example.com"], image: image(2), "image.shape": null, "image.digest": null } },
    ]);
    expect(rows.withheld).toEqual({ excluded: [], redacted: [], digested: ["in.image", "out.pixels"] });
  });
});
