import { describe, expect, test } from "vitest";
import { generateModels } from "../../codegen/models/generate.js";
import { compileProject } from "../../codegen/project/compile-project.js";
import { createServer } from "../../src/server/index.js";
import { openInference } from "../../src/client/open-inference/open-inference.js";
import { server } from "../../src/client/server/server.js";
import { local } from "../../src/targets/local/index.js";
import { wallaroo } from "../../src/targets/wallaroo/wallaroo.js";
import { toDefinition } from "../../src/wallaroo/index.js";
import { refusal } from "../refusal.js";

const url = "http://127.0.0.1:1";

describe("a function with options", () => {
  test.each<[string, () => unknown]>([
    ["SL6011 local()", () => local({ extra: 1 } as never)],
    ["SL6011 server()", () => server({ url, extra: 1 } as never)],
    ["SL6011 wallaroo()", () => wallaroo({ url, token: "t", extra: 1 } as never)],
    ["SL6011 openInference()", () => openInference({ url, extra: 1 } as never)],
    ["SL6011 createServer()", () => createServer({ extra: 1 } as never)],
    ["SL6011 generateModels()", () => generateModels({ models: [], extra: 1 } as never)],
    ["SL6011 compileProject()", () => compileProject({ extra: 1 } as never)],
    ["SL4106 toDefinition()", () => toDefinition({} as never, { dialect: "polars", extra: 1 } as never)],
  ])("%s names the option that it does not have, and those that it has", async (name, call) => {
    const [start, ...options] = (await refusal(call)).split("; leave it out, or give one of its options: ");
    expect(start).toBe(`${name} has no option 'extra'`);
    expect(options.join()).toMatch(/^'\w+'(, '\w+')* and '\w+'$/);
  });

  test("has the option in the details of its error, for programs", () => {
    expect(() => local({ extra: 1 } as never)).toThrow(expect.objectContaining({ details: { option: "extra" } }));
  });

  test("suggests only options that are not given", async () => {
    expect(await refusal(() => local({ model: "./models" } as never))).toMatch(/'model' \(did you mean 'models'\?\); /);
    expect(await refusal(() => local({ models: "./models", model: "x" } as never))).toMatch(
      /'model'; leave it out, or /,
    );
  });
});
