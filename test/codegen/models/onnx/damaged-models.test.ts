import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { readSignature } from "../../../../codegen/models/read-signature.js";
import type { ModelSignature } from "../../../../codegen/models/signature.js";
import { ModelError } from "../../../../dsl/errors.js";
import { recordings } from "../../../recordings.js";
import { handMade, seeded } from "./damaged-models.js";
import { plainPorts, runtimePorts } from "./runtime-ports.js";
import { folder, put } from "../workspace.js";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const example = (name: string): Buffer => readFileSync(join(root, "examples/fraud/models", name));

/** Real models, the recorded ones among them, each no larger than writes quickly. */
const realFiles = [
  ...["examples/fraud/models", "examples/breast-cancer/models"].map((path) => join(root, path)),
  ...(recordings === null ? [] : [join(recordings, "models")]),
].flatMap((path) =>
  readdirSync(path)
    .filter((name) => name.endsWith(".onnx"))
    .map((name) => join(path, name))
    .filter((file) => statSync(file).size < 300_000),
);
const real = realFiles.map((file) => readFileSync(file));

/** What is left of a real model, and which of its bits are flipped. */
interface Damage {
  readonly which: number;
  readonly length: number;
  readonly bits: readonly number[];
}

/** A third of the cuts goes to the beginning, where the structure is. */
function truncations(count: number): readonly Damage[] {
  const random = seeded(1);
  return Array.from({ length: count }, (_, i) => {
    const which = random(real.length);
    const size = real[which]?.length ?? 0;
    return { which, length: random(i % 3 === 0 ? Math.min(300, size) : size), bits: [] };
  });
}

function flips(count: number): readonly Damage[] {
  const random = seeded(2);
  return Array.from({ length: count }, () => {
    const which = random(real.length);
    const length = real[which]?.length ?? 0;
    const place = (): number =>
      [random(length), random(Math.min(200, length)), length - 1 - random(Math.min(200, length))][random(3)] ?? 0;
    return { which, length, bits: Array.from({ length: random(8) + 1 }, () => place() * 8 + random(8)) };
  });
}

function damaged({ which, length, bits }: Damage): Buffer {
  const copy = Buffer.from(real[which] ?? Buffer.alloc(0)).subarray(0, length);
  for (const bit of bits) copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

/** Megabytes and the slowest file, of a process that reads a folder, or damages real models and reads them. */
function measured(...source: readonly string[]): { readonly megabytes: number; readonly slowest: number } {
  const child = fileURLToPath(new URL("measure-reading.mjs", import.meta.url));
  return JSON.parse(execFileSync(process.execPath, [child, join(root, "dist"), ...source], { encoding: "utf8" })) as {
    megabytes: number;
    slowest: number;
  };
}

/** An answer, or a coded refusal that names a byte of the file; anything else fails. */
async function outcomeOf(content: Uint8Array): Promise<ModelSignature | ModelError> {
  const file = put("broken.onnx", content);
  const outcome = await readSignature(file).catch((error: unknown) => error);
  if (!(outcome instanceof Error)) return outcome as ModelSignature;
  if (!(outcome instanceof ModelError)) throw outcome;
  expect(outcome.code).toMatch(/^SL301[0126]$/);
  if (outcome.code !== "SL3016")
    expect(outcome.details["offset"]).toSatisfy((offset: number) => offset >= 0 && offset <= content.length);
  return outcome;
}

const isRefused = (outcome: ModelSignature | ModelError): outcome is ModelError => outcome instanceof ModelError;

describe("real models, damaged at random", () => {
  test("1,000 truncations: refused, or cut behind the graph and answered right", async () => {
    const whole = await Promise.all(
      real.map(async (content, i) => await readSignature(put(`whole-${i}.onnx`, content))),
    );
    let refused = 0;
    for (const damage of truncations(1000)) {
      const outcome = await outcomeOf(damaged(damage));
      if (isRefused(outcome)) refused++;
      else
        expect([outcome.inputs, outcome.outputs]).toEqual([whole[damage.which]?.inputs, whole[damage.which]?.outputs]);
    }
    expect(refused).toBeGreaterThan(950);
  });

  test("1,000 files of up to eight flipped bits: answered or refused", async () => {
    let refused = 0;
    for (const damage of flips(1000)) if (isRefused(await outcomeOf(damaged(damage)))) refused++;
    expect(Math.min(refused, 1000 - refused)).toBeGreaterThan(100);
  });

  test("all 2,000 in one process, in less than 64 MB over one that only damages them", () => {
    const list = put(
      "damages.json",
      JSON.stringify(
        [...truncations(1000), ...flips(1000)].map(({ which, ...rest }) => ({ file: realFiles[which], ...rest })),
      ),
    );
    const [before, after] = [measured(list, "idle"), measured(list)];
    console.info(
      `2,000 damaged files: ${(after.megabytes - before.megabytes).toFixed(0)} MB, the slowest ${after.slowest.toFixed(0)} ms`,
    );
    expect(after.megabytes - before.megabytes).toBeLessThan(64);
    expect(after.slowest).toBeLessThan(5_000);
  });

  test("every third bit of a small model, flipped alone: where ONNX Runtime still loads it, it reports our ports", async () => {
    const small = example("c1.onnx");
    let compared = 0;
    let refused = 0;
    for (let bit = 0; bit < small.length * 8; bit += 3) {
      const copy = Buffer.from(small);
      copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const outcome = await outcomeOf(copy);
      if (isRefused(outcome)) {
        refused++;
        continue;
      }
      const theirs = await runtimePorts(copy).catch(() => undefined);
      if (theirs === undefined) continue;
      expect(plainPorts(outcome.inputs)).toEqual(theirs.inputs);
      // Of outputs it shows what it infers from the nodes: only names and declared dtypes must be the file's.
      expect(outcome.outputs.map(({ name }) => name)).toEqual(theirs.outputs.map(({ name }) => name));
      for (const [i, { dtype }] of outcome.outputs.entries())
        if (dtype !== "untyped") expect(dtype).toBe(theirs.outputs[i]?.dtype);
      compared++;
    }
    expect(compared).toBeGreaterThan(100);
    expect(refused).toBeGreaterThan(100);
  });
});

describe("files made by hand", () => {
  const files = handMade();

  test(`${files.length} of them, at least 200: each refused with the byte, or answered where every reader passes over what is wrong`, async () => {
    expect(files.length).toBeGreaterThanOrEqual(200);
    const answered: string[] = [];
    for (const { name, content, outcome } of files) {
      const result = await outcomeOf(content);
      if (!isRefused(result)) answered.push(outcome === "either" ? name : `not refused: ${name}`);
    }
    expect(answered).toMatchInlineSnapshot(`
      [
        "known fields of other wire types",
        "an initializer after the input it feeds",
        "a million operator sets",
        "a million nodes",
        "200,000 classifiers",
        "a million labels",
        "labels just short of too many",
      ]
    `);
  });

  test("all of them in one process, in less than 64 MB over an empty one", () => {
    const [empty, all] = [join(folder, "empty"), join(folder, "all")];
    for (const path of [empty, all]) mkdirSync(path);
    for (const [i, { content }] of files.entries()) writeFileSync(join(all, `${i}.onnx`), content);
    const [before, after] = [measured(empty), measured(all)];
    console.info(
      `${files.length} broken files: ${(after.megabytes - before.megabytes).toFixed(0)} MB, the slowest ${after.slowest.toFixed(0)} ms`,
    );
    expect(after.megabytes - before.megabytes).toBeLessThan(64);
    expect(after.slowest).toBeLessThan(5_000);
  });
});
