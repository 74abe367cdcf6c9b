import { describe, expect, it } from "vitest";
import { shownByEditor } from "./editor.js";

describe.each(["6.0", "7.0"] as const)("the language server of TypeScript %s, on a pipeline of fifty steps", (compiler) => {
  it("completes and hovers with names that a person can read", async () => {
    const { completions, hovers } = await shownByEditor(compiler);
    expect(completions).toContain("dense_48");
    expect(completions).not.toContain("dense_47");
    expect(hovers.row).toMatchInlineSnapshot(`
      "(parameter) x: Row<{
          readonly x: Tensor<"float32", readonly ["batch", 10]>;
      }, {
          readonly dense_48: Tensor<"float32", readonly ["batch", 10]>;
      }>"
    `);
    expect(hovers.answer).toContain("dense_48: readonly [number, number, number, number, number, number, number, number, number, number];");
    expect(hovers.pipeline).toContain("const fifty: Pipeline<{");
  });
});
