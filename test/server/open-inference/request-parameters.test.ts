import { expect, test } from "vitest";
import type { Config } from "../../../src/config/schema.js";
import { readParameters } from "../../../src/server/open-inference/request-parameters.js";

const splitOn = (key: string) =>
  ({ name: "p", steps: [{ kind: "keySplit", key, default: "a", routes: { gold: "b" } }] }) as unknown as Config;

test("parameters that are not the protocol's are metadata of splits", () => {
  expect(readParameters(splitOn("segment"), { segment: "gold", binary_data_output: true, timeout: 5000 })).toEqual({
    anomaly: false,
    timeoutMs: 5,
    metadata: { segment: "gold" },
  });
});

test("a split on a parameter of the protocol is refused, not sent to its default in silence", () => {
  expect(() => readParameters(splitOn("priority"), { priority: 1 })).toThrow(
    "the parameter 'priority' is one of the protocol, so a split cannot read it here; send it as metadata of /api/v1/pipelines/p/infer, or give the split another key",
  );
  expect(readParameters(splitOn("priority"), {}).metadata).toBeUndefined();
});
