import { describe, expect, it } from "vitest";
import { build, pipeline, type Config } from "shapeline";
import { diffConfigs } from "shapeline/config";
import { fromDefinition, toDefinition } from "shapeline/wallaroo";
import { refusal } from "../refusal.js";
import { a, b } from "./models.js";

describe("diffConfigs", () => {
  const before = pipeline("p")
    .model(a)
    .validate("low", (x) => x.out.x[0] > 0.5)
    .validate("high", (x) => x.out.x[0] < 0.9)
    .validate("mid", (x) => x.out.x[1] !== 0.7);
  const after = pipeline("p")
    .models([a, b])
    .select(0)
    .validate("high", (x) => x.out.x[0] < 0.9)
    .validate("low", (x) => x.out.x[0] > 0.5)
    .validate("mid", (x) => x.out.x[1] !== 0.75);

  it("lists added, removed, changed and moved steps, with lambdas as source", async () => {
    expect(await diffConfigs(before, await build(after))).toMatchInlineSnapshot(`
      {
        "models": [
          {
            "kind": "added",
            "name": "b",
            "text": "version 1, file 222222222222…",
          },
        ],
        "name": null,
        "same": false,
        "steps": [
          {
            "kind": "added",
            "step": "models([a, b])",
            "to": 0,
          },
          {
            "from": 0,
            "kind": "removed",
            "step": "model(a)",
          },
          {
            "kind": "added",
            "step": "select(0)",
            "to": 1,
          },
          {
            "from": 1,
            "kind": "moved",
            "step": "validate("low", x => x.out.x[0] > 0.5)",
            "to": 3,
          },
          {
            "after": "validate("mid", x => x.out.x[1] !== 0.75)",
            "before": "validate("mid", x => x.out.x[1] !== 0.7)",
            "from": 3,
            "kind": "changed",
            "to": 4,
          },
        ],
      }
    `);
  });

  it("finds no difference between a pipeline and its definition", async () => {
    const plain = pipeline("p")
      .shadow(a, [b])
      .validate("low", (x) => x.out.x[0] > 0.5)
      .validate("high", (x) => x.out.x[0] < 0.9);
    const config = await build(plain);
    for (const dialect of ["polars", "checks"] as const) {
      const stored = fromDefinition(toDefinition(config, { dialect }), { models: config.models });
      expect(stored.problems).toEqual([]);
      expect(await diffConfigs(plain, stored.config as Config)).toEqual({
        same: true,
        name: null,
        models: [],
        steps: [],
      });
      expect(await diffConfigs(stored.config as Config, config)).toMatchObject({ same: true });
    }
  });

  it("rejects a definition that was not read by fromDefinition", async () => {
    const definition = { id: "p", steps: [] } as unknown as Config;
    expect(await refusal(() => diffConfigs(before, definition))).toMatchInlineSnapshot(
      `"SL4002 this is a definition of the Wallaroo platform, not a config: read it first with fromDefinition of 'shapeline/wallaroo'"`,
    );
  });
});
