import { describe, expect, it } from "vitest";
import { editorView } from "./fifty-steps.js";

describe.each(["6.0", "7.0"] as const)(
  "the language server of TypeScript %s, for a pipeline of fifty steps",
  (compiler) => {
    it("shows readable names in completions and hovers", async () => {
      const { completions, hovers } = await editorView(compiler);
      expect(completions).toContain("dense_48");
      expect(completions).not.toContain("dense_47");
      expect(hovers.row).toMatchInlineSnapshot(`
      "(parameter) x: Row<{
          readonly x: Tensor<"float32", readonly ["batch", 10]>;
      }, {
          readonly dense_48: Tensor<"float32", readonly ["batch", 10]>;
      }>"
    `);
      expect(hovers.answer).toContain(
        "dense_48: readonly [number, number, number, number, number, number, number, number, number, number];",
      );
      expect(hovers.pipeline.trimEnd()).toMatchInlineSnapshot(`
      "const fifty: Pipeline<{
          readonly x: Tensor<"float32", readonly ["batch", 10]>;
      }, {
          readonly dense_48: Tensor<"float32", readonly ["batch", 10]>;
      }, "low", After<Validation<"low">, After<Layer48, After<Layer47, After<Layer46, After<Layer45, After<Layer44, After<Layer43, After<Layer42, After<Layer41, After<Layer40, After<Layer39, After<Layer38, After<Layer37, After<Layer36, After<Layer35, After<Layer34, After<Layer33, After<Layer32, After<...>>>>>>>>>>>>>>>>>>>, object, never>"
    `);
      expect(hovers.method.length).toBeLessThan(1200);
    });
  },
);
