import { execFileSync } from "node:child_process";
import { appendFileSync, copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { readSignature } from "../../../codegen/models/read-signature.js";
import { findModelFiles } from "../../../src/engine/session/model-files.js";
import type { ModelConfig } from "../../../src/config/schema.js";
import { refusal } from "../../refusal.js";
import { config, folder, run } from "../make-config.js";
import { openTestEngine } from "../open-engine.js";

const field = fileURLToPath(new URL("../../fixtures/models/field/", import.meta.url));
const weights = "ext_encoder.onnx.data";

/** A folder with `ext_encoder.onnx` and its weights beside it. */
function project(): string {
  const dir = folder();
  for (const name of ["ext_encoder.onnx", weights]) copyFileSync(join(field, "ext", name), join(dir, name));
  return dir;
}

const sha256Of = async (dir: string): Promise<string> => (await readSignature(join(dir, "ext_encoder.onnx"))).sha256;

const encoder = async (dir: string): Promise<ModelConfig> => ({
  name: "ext-encoder",
  version: "1",
  sha256: await sha256Of(dir),
  inputs: [
    { name: "input_ids", dtype: "int64", shape: ["batch", "seq"] },
    { name: "attention_mask", dtype: "int64", shape: ["batch", "seq"] },
  ],
  outputs: [{ name: "pooled", dtype: "float32", shape: ["batch", 4] }],
});

describe("weights in a file beside the model", () => {
  test("the digest is of the model and its data files, in the order in which the model names them", async () => {
    const dir = project();
    const text = execFileSync("sh", ["-c", `cat ext_encoder.onnx ${weights} | sha256sum`], {
      cwd: dir,
      encoding: "utf8",
    });
    expect(await sha256Of(dir)).toBe(text.slice(0, 64));
  });

  test("are loaded from the model's folder, whatever the working folder is", async () => {
    const dir = project();
    const model = await encoder(dir);
    const engine = await openTestEngine(dir, config("p", [model], [run("ext-encoder")]));
    const { rows } = JSON.parse(readFileSync(join(field, "expected.json"), "utf8"))["ext/ext_encoder.onnx"] as {
      rows: object[];
    };
    await expect(engine.infer(rows)).resolves.toBeDefined();
  });

  test("a changed data file is a changed model", async () => {
    const dir = project();
    const model = await encoder(dir);
    await findModelFiles(dir, [model]);
    appendFileSync(join(dir, weights), "x");
    expect(await refusal(findModelFiles(dir, [model]))).toMatch(
      /^SL3022 model 'ext-encoder': the config was built for/,
    );
    expect(await sha256Of(dir)).not.toBe(model.sha256);
  });

  test("a missing data file is named, by generate and at deploy", async () => {
    const dir = project();
    const model = await encoder(dir);
    rmSync(join(dir, weights));
    const expected = `SL3018 model file '<dir>/ext_encoder.onnx' cannot be used: it keeps weights in '${weights}', and there is no such file beside it. Copy '<dir>/${weights}' there, too.`;
    expect(await refusal(sha256Of(dir), [dir, "<dir>"])).toBe(expected);
    expect(await refusal(findModelFiles(dir, [model]), [dir, "<dir>"])).toBe(expected);
  });

  test("an unrelated model without its data file does not matter", async () => {
    const dir = project();
    const model = await encoder(dir);
    mkdirSync(join(dir, "other"));
    writeFileSync(join(dir, "broken.onnx"), withLocation("gone.bin"));
    expect([...(await findModelFiles(dir, [model])).keys()]).toEqual(["ext-encoder"]);
  });
});

describe("a location that leaves the model's folder is refused", () => {
  test.each(["../secret.bin", "/etc/passwd", "a/../../b.bin", "C:\\w.bin", "..\\w.bin", "\\\\host\\w.bin", ""])(
    "%s",
    async (location) => {
      const dir = project();
      writeFileSync(join(dir, "ext_encoder.onnx"), withLocation(location));
      expect(await refusal(sha256Of(dir), [dir, "<dir>"])).toBe(
        `SL3018 model file '<dir>/ext_encoder.onnx' cannot be used: it keeps weights in '${location}', which is outside its folder. Export it again with its data files beside it.`,
      );
    },
  );

  test("also by a symbolic link", async () => {
    const [dir, other] = [project(), project()];
    rmSync(join(dir, weights));
    symlinkSync(join(other, weights), join(dir, weights));
    expect(await refusal(sha256Of(dir))).toMatch(
      /^SL3018 .* a link to a file outside its folder\. Copy the file itself there\.$/,
    );
  });

  test("but a whole folder of links, as download caches have it, is read", async () => {
    const [dir, blobs] = [folder(), project()];
    for (const name of ["ext_encoder.onnx", weights]) symlinkSync(join(blobs, name), join(dir, name));
    expect(await sha256Of(dir)).toBe(await sha256Of(blobs));
  });
});

/** The encoder with another name of its data file. */
function withLocation(location: string): Uint8Array {
  const model = readFileSync(join(field, "ext", "ext_encoder.onnx"));
  const name = Buffer.from(weights);
  const at = model.indexOf(name);
  // The entry, the tensor and the graph hold the name; their lengths stand before it.
  const grow = location.length - name.length;
  const bytes = Buffer.concat([model.subarray(0, at), Buffer.from(location), model.subarray(at + name.length)]);
  bytes[at - 1] = location.length;
  return fixLengths(bytes, at, grow);
}

/** Corrects the lengths of the messages around a change of `grow` bytes at `at`. */
function fixLengths(bytes: Buffer, at: number, grow: number): Uint8Array {
  const fixed = Buffer.from(bytes);
  const walk = (start: number, end: number): void => {
    for (let i = start; i < end;) {
      const tag = fixed[i] ?? 0;
      const wire = tag & 7;
      let next = i + 1;
      let value = 0;
      let shift = 0;
      const valueStart = next;
      for (; ; next++) {
        const byte = fixed[next] ?? 0;
        value |= (byte & 127) << shift;
        shift += 7;
        if (byte < 128) break;
      }
      next++;
      if (wire !== 2) {
        i = next;
        continue;
      }
      if (next === at) return;
      if (next <= at && at < next + value) {
        const width = next - valueStart;
        let rest = value + grow;
        for (let b = 0; b < width; b++, rest >>= 7) fixed[valueStart + b] = (rest & 127) | (b < width - 1 ? 128 : 0);
        walk(next, next + value + grow);
        return;
      }
      i = next + value;
    }
  };
  walk(0, fixed.length);
  return fixed;
}
