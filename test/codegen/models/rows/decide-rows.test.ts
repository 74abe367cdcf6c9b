import { describe, expect, test } from "vitest";
import { decideRows } from "../../../../codegen/models/rows/decide-rows.js";
import { rowText, signatureOf } from "./row-text.js";

const decide = (text: string): string => rowText(decideRows(signatureOf(text)));

describe("a symbol is the row axis", () => {
  test.each([
    ["conventional, at axis 0", "x[N, 29] -> y[N, 1]", "x[batch, 29] -> y[batch, 1] (N)"],
    [
      "conventional, at another axis: recurrent state",
      "x[batch, 2], state[2, batch, 8] -> y[batch, 2], next[2, batch, 8]",
      "x[batch, 2], state[2, batch, 8] -> y[batch, 2], next[2, batch, 8] (batch)",
    ],
    [
      "conventional wins over another symbol of all ports",
      "x[batch, 3, time] -> p[time, batch, 3]",
      "x[batch, 3, time] -> p[time, batch, 3] (batch)",
    ],
    [
      "conventional: inputs without it are shared",
      "x[N, 3], keys[K, 3] -> sim[N, K]",
      "x[batch, 3], keys[K, 3] -> sim[batch, K] (N)",
    ],
    ["conventional: a scalar is shared", "x[bs, 3], t[] -> y[bs, 3]", "x[batch, 3], t[] -> y[batch, 3] (bs)"],
    [
      "conventional: a fixed input is shared",
      "ids[batch_size, seq], scales[3] -> wave[batch_size, 1, time]",
      "ids[batch, seq], scales[3] -> wave[batch, 1, time] (batch_size)",
    ],
    ["any name that stands everywhere", "x[samples, 3] -> y[samples, 1]", "x[batch, 3] -> y[batch, 1] (samples)"],
    ["any name, at axis 1", "x[3, items] -> y[1, items]", "x[3, batch] -> y[1, batch] (items)"],
    ["any name, beside a scalar", "x[rows, 3], t[] -> y[rows]", "x[batch, 3], t[] -> y[batch] (rows)"],
    ["axis 0 before another axis", "x[items, n] -> y[items, n]", "x[batch, n] -> y[batch, n] (items)"],
    [
      "axis 0 of all ports before axis 0 of some",
      "x[a, b], s[a] -> y[b, a], z[a]",
      "x[batch, b], s[batch] -> y[b, batch], z[batch] (a)",
    ],
    ["axis 0 of two conventional names", "x[N, B] -> y[B, N], z[N, B]", "x[batch, B] -> y[B, batch], z[batch, B] (N)"],
    ["upper and lower case", "x[Batch_Size, 3] -> y[Batch_Size]", "x[batch, 3] -> y[batch] (Batch_Size)"],
    ["of known outputs, beside one of unknown rank", "x[N, 3] -> y[N], z[...]", "x[batch, 3] -> y[batch], z[...] (N)"],
    ["conventional, with an unknown output", "x[batch, 3] -> y[...]", "x[batch, 3] -> y[...] (batch)"],
    ["conventional, with an unknown input", "x[...] -> y[batch, 3]", "x[...] -> y[batch, 3] (batch)"],
    [
      "conventional, lost in the outputs",
      "x[batch, 3], k[] -> y[?, 30], z[?, ?]",
      "x[batch, 3], k[] -> y[batch, 30], z[batch, ?] (batch)",
    ],
    ["ports that the handle omits do not count", "x[N, 3] -> y[N], !s[]", "x[batch, 3] -> y[batch], !s[] (N)"],
  ])("%s: %s", (_, source, expected) => expect(decide(source)).toBe(expected));
});

describe("a symbol is not the row axis", () => {
  test.each([
    ["not in every output", "x[N, 3] -> y[N], z[4]"],
    ["twice in one port", "x[N, N] -> y[N, 1]"],
    ["twice in one output", "x[N, 3] -> y[N, N]"],
    ["any name that misses an input: nodes are not rows", "x[num_nodes, 3], edges[2, num_edges] -> y[num_nodes, 3]"],
    ["conventional, but in no input", "x[3] -> y[N, 3]"],
    ["an image without rows", "image[height, width, 3] -> m[3]"],
    ["any name with only unknown outputs", "image[height, width, 3] -> m[...]"],
    ["any name with only unknown inputs", "x[...] -> y[time, 3]"],
    ["only scalars in", "t[] -> y[n]"],
    ["any name beside a conventional one", "x[bs, items], mask[bs, items] -> y[1, items, 2]"],
    ["conventional, but named otherwise in an output", "x[batch_size, samples] -> y[frames_out, 1, 32]"],
    ["conventional, but only in some inputs and no output", "x[N, 3], h[4, 1, 64] -> y[?]"],
    ["sizes inside a row: a mask of one image", "image[height, width, 3] -> mask[height, width]"],
    ["sizes inside a row: one text", "ids[sequence_length] -> hidden[sequence_length, 8]"],
  ])("%s: %s is whole", (_, source) => expect(decide(source)).toBe(`${source} (none)`));
});

describe("dimensions without a name", () => {
  test.each([
    ["first in all ports", "x[?, 29] -> y[?, 1]", "x[batch, 29] -> y[batch, 1] (anonymous)"],
    ["first in all ports but scalars", "x[?, 29], t[] -> y[?]", "x[batch, 29], t[] -> y[batch] (anonymous)"],
    ["each by itself elsewhere", "x[N, 3, ?, ?] -> y[N, ?]", "x[batch, 3, ?, ?] -> y[batch, ?] (N)"],
    ["not in one output", "x[?, 29] -> y[?], z[2]", "x[?, 29] -> y[?], z[2] (none)"],
    ["not in one input", "x[?, 29], k[4] -> y[?]", "x[?, 29], k[4] -> y[?] (none)"],
    ["beside a name", "x[?, 29] -> y[N]", "x[?, 29] -> y[N] (none)"],
    ["first, before a name at another axis", "x[?, k, 3] -> y[?, k]", "x[batch, k, 3] -> y[batch, k] (anonymous)"],
    ["with only unknown outputs", "x[?, 29] -> y[...]", "x[?, 29] -> y[...] (none)"],
  ])("%s: %s", (_, source, expected) => expect(decide(source)).toBe(expected));
});

describe("a fixed first size is the batch size", () => {
  test.each([
    ["one row", "x[1, 3, 416, 416] -> y[1, 10647, 85]", "x[batch, 3, 416, 416] -> y[batch, 10647, 85] (size x1)"],
    ["four rows", "x[4, 10] -> y[4, 3], z[4]", "x[batch, 10] -> y[batch, 3], z[batch] (size x4)"],
    ["open further axes", "x[1, 3, h, w] -> y[1, boxes, 6]", "x[batch, 3, h, w] -> y[batch, boxes, 6] (size x1)"],
    [
      "before a name at another axis: a mask of an image",
      "x[1, 3, k, m] -> y[1, 1, k, m]",
      "x[batch, 3, k, m] -> y[batch, 1, k, m] (size x1)",
    ],
    ["not of an input", "x[1, 3], h[2, 1, 8] -> y[1]", "x[1, 3], h[2, 1, 8] -> y[1] (none)"],
    ["not of an output", "x[4, 3] -> y[3]", "x[4, 3] -> y[3] (none)"],
    ["not of a scalar output", "x[4, 3] -> y[]", "x[4, 3] -> y[] (none)"],
    ["not zero", "x[0, 3] -> y[0]", "x[0, 3] -> y[0] (none)"],
  ])("%s: %s", (_, source, expected) => expect(decide(source)).toBe(expected));
});

describe("another symbol that is called batch", () => {
  test.each([
    ["beside the row axis", "x[N, batch] -> y[N]", "x[batch, batch2] -> y[batch] (N)"],
    ["with its next names taken", "x[N, batch, batch2] -> y[N]", "x[batch, batch3, batch2] -> y[batch] (N)"],
    ["of a whole model", "x[batch, 3] -> y[3]", "x[batch2, 3] -> y[3] (none)"],
  ])("%s gets a free name: %s", (_, source, expected) => expect(decide(source)).toBe(expected));
});

test.each([
  ...["batch", "BATCH", "batch_size", "batchsize", "batchSize", "batch-size", "batch_dim", "batch_axis", "n_batch"],
  ...["num_batch", "nbatch", "minibatch", "mini_batch", "mini_batch_size", "bs", "BS", "bsz", "B", "N"],
])("'%s' is a conventional name", (name) => {
  expect(decide(`x[${name}, 3], keys[K] -> y[${name}]`)).toBe(`x[batch, 3], keys[K] -> y[batch] (${name})`);
});

test.each(["n", "b", "seq", "time", "batches_seen", "num_nodes", "samples", "height", "NN", "sub_batch_len"])(
  "'%s' is no conventional name",
  (name) => {
    expect(decide(`x[${name}, 3], keys[K] -> y[${name}]`)).toBe(`x[${name}, 3], keys[K] -> y[${name}] (none)`);
  },
);
