import { describe, expect, test } from "vitest";
import { inputReader } from "../../../src/engine/input/read-input.js";
import { refusal } from "../../refusal.js";
import { hostileValues } from "./hostile-values.js";

describe("a wrong value is refused with a code and the name of its input", () => {
  test("there are many of them", () => expect(hostileValues.length).toBeGreaterThan(150));

  test.each(hostileValues)("%s", async (_, ports, request, input) => {
    const message = await refusal(() => inputReader("p", ports)(request));
    expect(message).toMatch(/^SL50\d\d /);
    expect(message).toContain(`'${input}'`);
    if (Array.isArray(request) && !message.startsWith("SL5021")) expect(message).toMatch(/^SL\d+ row \d+/);
  });
});
