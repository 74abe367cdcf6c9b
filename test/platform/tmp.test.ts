import fc from "fast-check";
import { it } from "vitest";
import { backEnds } from "../../src/expression/compile.js";
import { prepare } from "../expression/compare.js";
import { generateColumns, lambdas } from "../expression/generate.js";
import { scopeOf } from "../expression/rows.js";
import { parseJsonText } from "../../src/platform/json-text.js";
import { readPolars } from "../../src/platform/polars/read.js";
import { readableTree } from "../../src/expression/print.js";

it("tmp", () => {
  const columns = generateColumns(4, 7, fc.nat(4));
  const scope = scopeOf(columns);
  const tally: Record<string, number> = {};
  const count = (k: string) => { tally[k] = (tally[k] ?? 0) + 1; };
  let shown = 0;
  const t0 = Date.now(); let spent = 0;
  for (const text of fc.sample(lambdas(4), { numRuns: 2000, seed: Number(process.env.SEED ?? 3) })) {
    const c = prepare(text, columns);
    if (!("text" in c)) { count("untyped"); continue; }
    const s = c.expression.strings["polars-0.18"];
    if (s === undefined) { count("refused"); continue; }
    const parsed = parseJsonText(s);
    if (!("value" in parsed)) { count("nojson"); continue; }
    try {
      const q = performance.now(); const tree = readPolars(parsed.value, scope, ""); spent += performance.now() - q;
      const again = backEnds["polars-0.18"](tree, undefined, scope);
      if (again === s) count("same text"); else { count("other text"); if (shown++ < 12) console.log(readableTree(c.expression.tree), "\n  =>", readableTree(tree)); }
      if (JSON.stringify(tree) === JSON.stringify(c.expression.tree)) count("same tree"); else { count("other tree"); if (process.env.TREE && shown++ < 20) console.log(readableTree(c.expression.tree), "\n  =>", readableTree(tree)); }
    } catch (e) { count("unread"); if (shown++ < 12) console.log("UNREAD", text, String((e as Error).message), JSON.stringify((e as any).details)?.slice(0,300)); }
  }
  console.log(tally, Date.now() - t0, spent);
});
