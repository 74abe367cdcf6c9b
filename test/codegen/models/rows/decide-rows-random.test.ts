import { expect, test } from "vitest";
import { isBatched, isShared } from "../../../../dsl/rows.js";
import type { Dim } from "../../../../dsl/tensor.js";
import { decideRows } from "../../../../codegen/models/rows/decide-rows.js";
import { usablePorts, type ModelSignature, type Port } from "../../../../codegen/models/signature.js";
import { describeRows } from "../../../../codegen/models/rows/describe-rows.js";
import { rowText, signatureOf } from "./row-text.js";

const count = 5_000;
const symbols = ["N", "batch", "batch_size", "time", "seq_len", "nodes", "edges", "k", "batch2"];

/** A small generator of pseudo-random numbers below `n`. */
function randomFrom(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

/** A random model of up to four inputs and three outputs. Every third follows one symbol or size. */
function randomModel(seed: number): ModelSignature {
  const random = randomFrom(seed);
  const followed: Dim | undefined = [undefined, undefined, "N", "batch", "k", null, 1, 4, "nodes"][random(9)];
  const dim = (): Dim => [symbols[random(symbols.length)] ?? null, null, random(5), 1][random(4)] ?? null;
  const port = (name: string): Port => {
    if (random(12) === 0) return { name, dtype: "float32", shape: null };
    const shape = Array.from({ length: random(4) }, dim);
    if (followed !== undefined && random(6) > 0)
      shape.splice(random(3) === 0 ? random(shape.length + 1) : 0, 0, followed);
    if (random(10) === 0) return { name, dtype: "seq", shape, unsupported: "a sequence" };
    return { name, dtype: "float32", shape };
  };
  return {
    ...signatureOf(""),
    inputs: Array.from({ length: 1 + random(4) }, (_, i) => port(`x${i}`)),
    outputs: Array.from({ length: 1 + random(3) }, (_, i) => port(`y${i}`)),
  };
}

test(`${count} random signatures: batched or whole, never mixed, and every symbol but the row axis is kept`, () => {
  const decisions = new Map<string, number>();
  for (let seed = 1; seed <= count; seed++) {
    const source = randomModel(seed);
    const decided = decideRows(source);
    const where = `seed ${seed}: ${rowText(source)}  =>  ${rowText(decided)}`;
    const [inputs, outputs] = [usablePorts(decided.inputs), usablePorts(decided.outputs)];
    // No handle is made of a model without a usable input or output.
    if (inputs.length === 0 || outputs.length === 0) continue;
    const hasBatch = ({ shape }: Port) => shape?.includes("batch") === true;

    // "batch" stands at most once in a port, and a model is batched or no port has it.
    for (const { shape = [] } of [...inputs, ...outputs])
      expect(shape?.filter((name) => name === "batch").length ?? 0, where).toBeLessThanOrEqual(1);
    const batched = isBatched({ inputs, outputs });
    if (!batched) expect([...inputs, ...outputs].filter(hasBatch), where).toEqual([]);
    else
      expect(
        outputs.every((port) => port.shape === null || hasBatch(port)),
        where,
      ).toBe(true);
    expect(batched, where).toBe(decided.rows?.by !== "none");
    if (decided.batchSize !== undefined) expect([batched, decided.rows?.by], where).toEqual([true, "size"]);

    // Apart from the row axis, each dimension is the file's; the file's own "batch" has one free name.
    const others = new Set<Dim>();
    const rowDims = new Set<Dim>();
    for (const side of ["inputs", "outputs"] as const)
      for (const [i, port] of decided[side].entries())
        for (const [axis, now] of (port.shape ?? []).entries()) {
          const before = source[side][i]?.shape?.[axis] ?? null;
          if (now === "batch") rowDims.add(before);
          else if (before === "batch") others.add(now);
          else expect(now, where).toBe(before);
        }
    expect(others.size, where).toBeLessThanOrEqual(1);
    for (const name of others) expect(usedNames(source).has(name), where).toBe(false);
    // A row axis has one name, or none where an exporter lost it.
    expect([...rowDims].filter((dim) => dim !== null).length, where).toBeLessThanOrEqual(1);

    // Deciding again changes nothing, and the line for people is there unless it is the plain case.
    const again = decideRows(withoutRows(decided));
    if (decided.rows?.by === "symbol") expect(shapesOf(again), where).toEqual(shapesOf(decided));
    const plain = batched && decided.batchSize === undefined && inputs.every((port) => !isShared(port, inputs));
    if (!plain) expect(describeRows(decided), where).not.toBeNull();
    const key = decided.rows?.by ?? "";
    decisions.set(key, (decisions.get(key) ?? 0) + 1);
  }
  // The generator meets every rule often.
  for (const by of ["symbol", "anonymous", "size", "none"]) expect(decisions.get(by) ?? 0, by).toBeGreaterThan(50);
});

function usedNames({ inputs, outputs }: ModelSignature): ReadonlySet<Dim> {
  return new Set([...inputs, ...outputs].flatMap(({ shape }) => shape ?? []));
}

function withoutRows({ rows: _, batchSize: __, ...rest }: ModelSignature): ModelSignature {
  return rest;
}

function shapesOf({ inputs, outputs }: ModelSignature): readonly Port["shape"][] {
  return [...inputs, ...outputs].map(({ shape }) => shape);
}
