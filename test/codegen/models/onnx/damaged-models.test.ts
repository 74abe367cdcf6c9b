import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { readSignature, readSource } from "../../../../codegen/models/read-signature.js";
import type { ModelSignature } from "../../../../codegen/models/signature.js";
import { ModelError } from "../../../../dsl/errors.js";
import { recordings } from "../../../recordings.js";
import { slow } from "../../../slow.js";
import { handMade, seeded } from "./damaged-models.js";
import { plainPorts, runtimePorts } from "./runtime-ports.js";
import { folder, put } from "../workspace.js";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const example = (name: string): Buffer => readFileSync(join(root, "examples/fraud/models", name));

/** Real models, including the recorded ones, under 300 kB so that damaged copies are fast to write. */
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

/** A damaged copy of `real[modelIndex]`: its remaining length in bytes, and the bits to flip. */
interface Damage {
  readonly modelIndex: number;
  readonly length: number;
  readonly bits: readonly number[];
}

/** A third of the cuts are in the first 300 bytes, which contain the structure. */
function truncations(count: number): readonly Damage[] {
  const random = seeded(1);
  return Array.from({ length: count }, (_, i) => {
    const modelIndex = random(real.length);
    const size = real[modelIndex]?.length ?? 0;
    return { modelIndex, length: random(i % 3 === 0 ? Math.min(300, size) : size), bits: [] };
  });
}

function flips(count: number): readonly Damage[] {
  const random = seeded(2);
  return Array.from({ length: count }, () => {
    const modelIndex = random(real.length);
    const length = real[modelIndex]?.length ?? 0;
    const place = (): number =>
      [random(length), random(Math.min(200, length)), length - 1 - random(Math.min(200, length))][random(3)] ?? 0;
    return { modelIndex, length, bits: Array.from({ length: random(8) + 1 }, () => place() * 8 + random(8)) };
  });
}

function damaged({ modelIndex, length, bits }: Damage): Buffer {
  const copy = Buffer.from(real[modelIndex] ?? Buffer.alloc(0)).subarray(0, length);
  for (const bit of bits) copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

/**
 * Peak memory in MB, and CPU time of the slowest file in ms, of a child process that reads a folder or damaged copies
 * of real models.
 */
function measureReading(...source: readonly string[]): { readonly megabytes: number; readonly slowest: number } {
  const child = fileURLToPath(new URL("measure-reading.mjs", import.meta.url));
  return JSON.parse(execFileSync(process.execPath, [child, join(root, "dist"), ...source], { encoding: "utf8" })) as {
    megabytes: number;
    slowest: number;
  };
}

/** The signature, or an error with a code and a byte offset inside the file. Anything else fails the test. */
async function outcomeOf(content: Uint8Array, read = readSignature): Promise<ModelSignature | ModelError> {
  const file = put("broken.onnx", content);
  const outcome = await read(file).catch((error: unknown) => error);
  if (!(outcome instanceof Error)) return outcome as ModelSignature;
  if (!(outcome instanceof ModelError)) throw outcome;
  expect(outcome.code).toMatch(/^SL301[0126]$/);
  if (outcome.code !== "SL3016")
    expect(outcome.details["offset"]).toSatisfy((offset: number) => offset >= 0 && offset <= content.length);
  return outcome;
}

const isRefused = (outcome: ModelSignature | ModelError): outcome is ModelError => outcome instanceof ModelError;

describe("randomly damaged real models", () => {
  const count = slow ? 1000 : 300;

  test(`${count} truncations: refused, or cut after the graph and read correctly`, { tags: ["slow"] }, async () => {
    const whole = await Promise.all(
      real.map(async (content, i) => await readSignature(put(`whole-${i}.onnx`, content))),
    );
    let refused = 0;
    for (const damage of truncations(count)) {
      const outcome = await outcomeOf(damaged(damage));
      if (isRefused(outcome)) refused++;
      else
        expect([outcome.inputs, outcome.outputs]).toEqual([
          whole[damage.modelIndex]?.inputs,
          whole[damage.modelIndex]?.outputs,
        ]);
    }
    expect(refused).toBeGreaterThan(0.95 * count);
  });

  test(`${count} files with up to eight flipped bits: read or refused`, { tags: ["slow"] }, async () => {
    let refused = 0;
    for (const damage of flips(count)) if (isRefused(await outcomeOf(damaged(damage)))) refused++;
    expect(Math.min(refused, count - refused)).toBeGreaterThan(0.1 * count);
  });

  test.runIf(slow)(
    "reads all 2,000 in one process with less than 64 MB more than writing them takes",
    { tags: ["slow"] },
    () => {
      const list = put(
        "damages.json",
        JSON.stringify(
          [...truncations(1000), ...flips(1000)].map(({ modelIndex, ...rest }) => ({
            file: realFiles[modelIndex],
            ...rest,
          })),
        ),
      );
      const [before, after] = [measureReading(list, "idle"), measureReading(list)];
      console.info(
        `2,000 damaged files: ${(after.megabytes - before.megabytes).toFixed(0)} MB, at most ${after.slowest.toFixed(0)} ms of CPU per file`,
      );
      expect(after.megabytes - before.megabytes).toBeLessThan(64);
      expect(after.slowest).toBeLessThan(5_000);
    },
  );

  const step = slow ? 3 : 13;

  test(
    `with any bit of ${step} of a small model flipped: reads the ports that ONNX Runtime reports, if that loads the file`,
    { tags: ["slow"] },
    async () => {
      const small = example("c1.onnx");
      let compared = 0;
      let refused = 0;
      for (let bit = 0; bit < small.length * 8; bit += step) {
        const copy = Buffer.from(small);
        copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const outcome = await outcomeOf(copy, readSource);
        if (isRefused(outcome)) {
          refused++;
          continue;
        }
        const expected = await runtimePorts(copy).catch(() => undefined);
        if (expected === undefined) continue;
        expect(plainPorts(outcome.inputs)).toEqual(expected.inputs);
        // ONNX Runtime infers outputs from the nodes, so only names and declared dtypes must match.
        expect(outcome.outputs.map(({ name }) => name)).toEqual(expected.outputs.map(({ name }) => name));
        for (const [i, { dtype }] of outcome.outputs.entries())
          if (dtype !== "untyped") expect(dtype).toBe(expected.outputs[i]?.dtype);
        compared++;
      }
      expect(compared).toBeGreaterThan(300 / step);
      expect(refused).toBeGreaterThan(300 / step);
    },
  );
});

describe("hand-made files", () => {
  const files = handMade();

  const acceptedOf = async (some: typeof files): Promise<string[]> => {
    const accepted: string[] = [];
    for (const { name, content, outcome } of some) {
      const result = await outcomeOf(content);
      if (!isRefused(result)) accepted.push(outcome === "either" ? name : `not refused: ${name}`);
    }
    return accepted;
  };
  const isLarge = ({ content }: (typeof files)[number]): boolean => content.length > 2 ** 20;

  test("each is refused with its byte offset, or read if every protobuf reader ignores the flaw", async () => {
    expect(files).toHaveLength(295);
    expect(await acceptedOf(files.filter((file) => !isLarge(file)))).toMatchInlineSnapshot(`
      [
        "known fields of other wire types",
        "an initializer after the input it feeds",
        "labels just under the limit",
      ]
    `);
  });

  test.runIf(slow)("also files of more than a megabyte", { tags: ["slow"] }, async () => {
    expect(await acceptedOf(files.filter(isLarge))).toMatchInlineSnapshot(`
      [
        "a million operator sets",
        "a million nodes",
        "200,000 classifiers",
        "a million labels",
      ]
    `);
  });

  test.runIf(slow)(
    "reads all in one process with less than 64 MB more than an empty folder takes",
    { tags: ["slow"] },
    () => {
      const [empty, all] = [join(folder, "empty"), join(folder, "all")];
      for (const path of [empty, all]) mkdirSync(path);
      for (const [i, { content }] of files.entries()) writeFileSync(join(all, `${i}.onnx`), content);
      const [before, after] = [measureReading(empty), measureReading(all)];
      console.info(
        `${files.length} damaged files: ${(after.megabytes - before.megabytes).toFixed(0)} MB, at most ${after.slowest.toFixed(0)} ms of CPU per file`,
      );
      expect(after.megabytes - before.megabytes).toBeLessThan(64);
      expect(after.slowest).toBeLessThan(5_000);
    },
  );
});
