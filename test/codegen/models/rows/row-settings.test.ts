import { describe, expect, test } from "vitest";
import { decideRowsWith, type RowSettings } from "../../../../codegen/models/rows/row-settings.js";
import { rowText, signatureOf } from "./row-text.js";

/** The decision with settings, or the end of the refusal. */
function decide(source: string, settings: RowSettings): string {
  try {
    return rowText(decideRowsWith(signatureOf(source), settings, (what) => new Refused(what) as never));
  } catch (error) {
    if (error instanceof Refused) return `refused: ${error.message}`;
    throw error;
  }
}
class Refused extends Error {}

describe("rows", () => {
  test.each<[string, string, RowSettings, string]>([
    [
      "axes of unknown dimensions: recurrent state without names",
      "x[?, ?], state[2, ?, 128], sr[] -> y[?, 1], next[?, ?, ?]",
      { rows: { x: 0, state: 1, y: 0, next: 1 } },
      "x[batch, ?], state[2, batch, 128], sr[] -> y[batch, 1], next[?, batch, ?] (settings)",
    ],
    [
      "axes of symbols, which keep their names elsewhere",
      "x[n, m] -> y[n, n, m]",
      { rows: { x: 1, y: 2 } },
      "x[n, batch] -> y[n, n, batch] (settings)",
    ],
    ["an axis of unknown rank", "x[N, 3] -> y[...]", { rows: { x: 0, y: 0 } }, "x[batch, 3] -> y[...] (settings)"],
    [
      "a fixed axis is the batch size",
      "x[2, 4] -> y[4]",
      { rows: { x: 1, y: 0 } },
      "x[2, batch] -> y[batch] (settings x4)",
    ],
    [
      "inputs that are not named are shared",
      "x[N, 3], k[N, 4] -> y[N]",
      { rows: { x: 0, y: 0 } },
      "x[batch, 3], k[N, 4] -> y[batch] (settings)",
    ],
    ["false: whole", "x[N, 3] -> y[N]", { rows: false }, "x[N, 3] -> y[N] (settings)"],
    [
      "false: the file's batch gets another name",
      "x[batch, 3] -> y[batch]",
      { rows: false },
      "x[batch2, 3] -> y[batch2] (settings)",
    ],
    [
      "and a batch size",
      "x[N, 3] -> y[N]",
      { rows: { x: 0, y: 0 }, batchSize: 8 },
      "x[batch, 3] -> y[batch] (settings x8)",
    ],
  ])("%s", (_, source, settings, expected) => expect(decide(source, settings)).toBe(expected));
});

describe("shapes", () => {
  test.each<[string, string, RowSettings, string]>([
    [
      "correct an output; the other ports follow",
      "x[1, 1, 64, w] -> logits[1, seqlen]",
      { shapes: { logits: ["seqlen", "batch", 8210] } },
      "x[batch, 1, 64, w] -> logits[seqlen, batch, 8210] (settings x1)",
    ],
    [
      "correct an output beside a conventional name",
      "x[N, 3], k[4] -> y[3, 3]",
      { shapes: { y: [3, "batch"] } },
      "x[batch, 3], k[4] -> y[3, batch] (settings)",
    ],
    [
      "without a row axis leave the decision to the rules",
      "x[N, 3] -> y[5]",
      { shapes: { y: ["N", 5] } },
      "x[batch, 3] -> y[batch, 5] (N)",
    ],
    ["of a whole model", "x[h, w] -> y[3]", { shapes: { y: [3, null] } }, "x[h, w] -> y[3, ?] (none)"],
    [
      "and axes",
      "x[1, 3] -> y[7]",
      { shapes: { y: ["t", 1, 7] }, rows: { x: 0, y: 1 } },
      "x[batch, 3] -> y[t, batch, 7] (settings x1)",
    ],
  ])("%s", (_, source, settings, expected) => expect(decide(source, settings)).toBe(expected));
});

test("batchSize for a model that takes no other number of rows", () => {
  expect(decide("x[N, 3] -> y[N]", { batchSize: 16 })).toBe("x[batch, 3] -> y[batch] (N x16)");
  expect(decide("x[4, 3] -> y[4]", { batchSize: 4 })).toBe("x[batch, 3] -> y[batch] (size x4)");
});

test("settings that do not fit the model say what does", () => {
  const cases: readonly (readonly [string, RowSettings])[] = [
    ["x[N, 3] -> y[N]", { rows: { xx: 0, y: 0 } }],
    ["x[N, 3] -> y[N]", { rows: { x: 2, y: 0 } }],
    ["x[N, 3], t[] -> y[N]", { rows: { x: 0, t: 0, y: 0 } }],
    ["x[N, 3] -> y[...]", { rows: { x: 0, y: 1 } }],
    ["x[N, 3] -> y[N], z[N]", { rows: { x: 0, y: 0 } }],
    ["x[N, 3] -> y[N]", { rows: { y: 0 } }],
    ["x[N, 3] -> y[N]", { rows: {} }],
    ["x[4, 3] -> y[2]", { rows: { x: 0, y: 0 } }],
    ["x[0, 3] -> y[N]", { rows: { x: 0, y: 0 } }],
    ["x[N, 3] -> y[N], !s[]", { rows: { x: 0, y: 0, s: 0 } }],
    ["x[N, 3] -> y[N]", { rows: false, batchSize: 4 }],
    ["x[N, 3] -> y[N]", { rows: false, shapes: { y: ["batch"] } }],
    ["x[N, 3] -> y[N]", { shapes: { y: ["batch", "batch"] } }],
    ["x[N, 3] -> y[N]", { shapes: { z: ["batch"] } }],
    ["x[h, w] -> y[3]", { shapes: { y: ["batch", 3] } }],
    ["x[4, 3] -> y[N], z[2]", { shapes: { y: ["batch"] } }],
    ["x[h, w] -> y[3]", { batchSize: 4 }],
    ["x[4, 3] -> y[4]", { batchSize: 8 }],
    ["x[4, 3] -> y[4]", { rows: { x: 0, y: 0 }, batchSize: 8 }],
  ];
  expect(cases.map(([source, settings]) => decide(source, settings)).join("\n")).toMatchInlineSnapshot(`
    "refused: 'rows' lists port 'xx', which the model does not have (did you mean 'x'?); its ports are 'x' and 'y'
    refused: 'rows' names axis 2 of port 'x', which is float32[N, 3]: its axes are 0 to 1
    refused: 'rows' names axis 0 of port 't', which is a scalar and has no axis: leave it out, and all rows share it
    refused: 'rows' names axis 1 of port 'y', whose rank is unknown: state its shape in 'shapes', such as { "y": [null, "batch"] }
    refused: 'rows' has no axis for output 'z': rows are stacked in at least one input and every output. Name them all, such as rows: { x: 0, y: 0, z: 0 }, or set 'rows: false' to run the model once for each row
    refused: 'rows' has no axis for any input: rows are stacked in at least one input and every output. Name them all, such as rows: { x: 0, y: 0 }, or set 'rows: false' to run the model once for each row
    refused: 'rows' has no axis for output 'y': rows are stacked in at least one input and every output. Name them all, such as rows: { x: 0, y: 0 }, or set 'rows: false' to run the model once for each row
    refused: 'rows' names an axis of size 4 of port 'x' and one of size 2 of port 'y': the number of rows of one run is the same in all ports
    refused: 'rows' names an axis of size 0 of port 'x', which holds no row
    refused: 'rows' lists 's', which the handle omits: it is a sequence
    refused: 'rows: false' says that it is whole, so it has no 'batchSize': keep one of both
    refused: 'rows: false' says that it is whole, but 'shapes' has "batch" in port 'y': keep one of both
    refused: 'shapes' has "batch" more than once in port 'y': rows are stacked along one axis
    refused: 'shapes' lists port 'z', which the model does not have (did you mean 'x'?); its ports are 'x' and 'y'
    refused: 'shapes' has "batch" in port 'y', but the row axes of the other ports do not follow from it: name the axis of each port in 'rows', such as rows: { x: 0, y: 0 }
    refused: 'shapes' has "batch" in port 'y', but the row axes of the other ports do not follow from it: name the axis of each port in 'rows', such as rows: { x: 0, y: 0, z: 0 }
    refused: 'batchSize' is 4, but the model is whole: it runs once for each row. Name its row axes in 'rows', such as rows: { x: 0, y: 0 }
    refused: 'batchSize' is 8, but the file fixes 4 rows a run: remove 'batchSize', or correct the file's shapes in 'shapes'
    refused: 'batchSize' is 8, but the file fixes 4 rows a run: remove 'batchSize', or correct the file's shapes in 'shapes'"
  `);
});
