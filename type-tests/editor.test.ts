import { describe, expect, it } from "vitest";
import { shownByEditor } from "./editor.js";

describe.each(["6.0", "7.0"] as const)("the language server of TypeScript %s, on a pipeline of fifty steps", (compiler) => {
  it("completes and hovers with names that a person can read", async () => {
    const { completions, hovers } = await shownByEditor(compiler);
    expect(completions).toContain("dense_48");
    expect(completions).not.toContain("dense_47");
    expect(hovers).toMatchSnapshot();
    expect(hovers.row).toContain("dense_48");
  });
});
