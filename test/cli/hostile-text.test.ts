import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { input, model, node, output, tensorType } from "../codegen/models/onnx/onnx-bytes.js";
import { project, shapeline } from "./shapeline.js";

/** Hides what follows, goes to another line, forges an error, and hides letters in a name. */
const name = "x\u001b[8m\nerror SL0000: forged\r\u009b31m\u200b\u3164\u202e";
const shown = "x\\u001b[8m\\u000aerror SL0000: forged\\u000d\\u009b31m\\u200b\\u3164\\u202e";
const raw = /[\p{Cf}\u3164\u009b\u001b\r]/u;

/** Every port, symbol and text of the file has the name. */
function writeHostile(folder: string): void {
  const type = tensorType(9, ["batch", name]);
  const file = model(node("Not", [name], [`${name}2`]), input(name, type), output(`${name}2`, type));
  writeFileSync(join(folder, "odd.onnx"), file);
}

describe("names in a model file that hold control characters and line ends", () => {
  it("are escaped in tables, in what generate prints and writes, and in JSON", async () => {
    const folder = project("fraud");
    writeHostile(folder);
    const runs = [
      await shapeline(folder, ["models", "odd.onnx"]),
      await shapeline(folder, ["generate", "odd.onnx", "--out", "odd.gen.ts"]),
      await shapeline(folder, ["generate", "odd.onnx", "--out", "odd.gen.ts", "--check"]),
      await shapeline(folder, ["models", "odd.onnx", "--json"]),
    ];
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    for (const { out, err } of runs) {
      expect(out + err).not.toMatch(raw);
      expect(out + err).not.toMatch(/^\s*error SL/m);
    }
    expect(runs[0]?.out).toContain(shown);
    expect(JSON.parse(runs[3]?.out ?? "")).toMatchObject({ models: [{ inputs: [{ name }] }] });
    const { readFileSync } = await import("node:fs");
    expect(readFileSync(join(folder, "odd.gen.ts"), "utf8")).not.toMatch(raw);
  });

  it("cannot forge the first line of an error", async () => {
    const folder = project("fraud");
    const type = tensorType(9, ["batch"]);
    const twice = model(node("Not", [name], ["y"]), input(name, type), input(name, type), output("y", type));
    writeFileSync(join(folder, "twice.onnx"), twice);
    const { code, err } = await shapeline(folder, ["generate", "twice.onnx", "--out", "odd.gen.ts"]);
    expect([code, err.match(/^error SL\d+/gm)]).toEqual([1, ["error SL3016"]]);
    expect(err).not.toMatch(raw);
  });
});
