import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { slow } from "../../test/slow.js";
import { imports } from "../compilers.js";
import { completions, given, type Completion } from "./completions.js";
import { LanguageService } from "./language-service.js";
import { openEditor, type Editor } from "./language-server.js";

/** One file with all cases, each in a block of its own, and the position of `|` in each. */
function edited(): { readonly text: string; readonly offsets: readonly number[] } {
  let text = [...imports(["InferInput", "Target"]), given].join("\n");
  const offsets = completions.map(({ source }) => {
    const start = text.length + 2;
    text += `{ ${source.replace("|", "")} }\n`;
    return start + source.indexOf("|");
  });
  return { text, offsets };
}

const { text, offsets } = edited();
const cases = completions.map((one, index) => ({ ...one, offset: offsets[index] ?? 0 }));

/** Names are offered in any order: quoted where the editor inserts the quotes, by 7.0 with a `?` where one is optional. */
function check({ offers, andNames }: Completion, found: readonly string[]): void {
  const names = found.map((name) => name.replace(/^"?(.*?)"?\??$/, "$1"));
  if (andNames !== true) return expect([...names].sort()).toEqual([...offers].sort());
  expect(names).toEqual(expect.arrayContaining([...offers, "head", "pipeline"]));
  // An error is a sentence.
  expect(names.filter((name) => name.includes(" "))).toEqual([]);
}

describe("TypeScript 6.0 completes", () => {
  const service = new LanguageService(text);
  it.each(cases)("$source", (one) => {
    check(one, service.completions(one.offset));
  });
});

describe.runIf(slow)("TypeScript 7.0 completes", { tags: ["slow"] }, () => {
  let editor: Editor;
  beforeAll(async () => {
    editor = await openEditor("7.0", text);
  });
  afterAll(() => {
    editor.close();
  });
  it.each(cases)("$source", async (one) => {
    check(one, (await editor.completions(one.offset)).value);
  });
});
