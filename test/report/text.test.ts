import { expect, it } from "vitest";
import { reportText } from "../../src/report/text-report.js";
import { comparison } from "./hostile.js";
import { emptyComparison } from "./empty-comparison.js";

it("formats a comparison, without control codes from names", () => {
  const text = reportText(comparison);
  expect(text).not.toContain("\u001b");
  expect(text.replace(/<\/script>.*?'taken'">/g, "<hostile>")).toMatchInlineSnapshot(`
    "pipeline fraud <hostile>
      rows                 12,000
      period               2026-01-31T12:00:00.000Z to 2026-01-31T13:00:00.000Z
      versions             1, 2
      request time         median 0.1235 ms, 99% within 2 ms
      fails 'amt'          12 of 12,000 (0.10%)
      fails '"><b>?[31m'   0 of 10 (0%)

    challenger rf <hostile>
      verdict              differs from the champion in 11,980 of 11,980 rows (100%), most in 'label'
      answered             11,980 of 12,000 (99.83%)
      no answer            15 × no answer within 50 ms <!-- <hostile>
      no answer            5 not logged yet, or lost in a crash
      time to answer       median 0.4 ms, 99% within 9 ms (to 0.025%), including time in the queue
      fails 'amt'          15 of 11,980 rows, the champion 12; they differ in 5 rows
      fails '"><b>?[31m'   no row to compare
      fails 'low'          1 of 11,980 rows, the same rows as the champion

      dense_1 against variable <hostile>
        agreement            99.99% of 11,980 rows: every value within a thousandth of the champion's (--within 0.01: a bound of your own)
        same greatest value  91.82%
        not finite           3 values, excluded below
        mean                 champion 0.5123, challenger 0.5
        correlation          0.9877
        mean difference      -0.01235, absolute 0.02
        difference           -1.5 to +2
        quantiles            1% -0.2, 5% -0.1, 25% 0, 50% 0, 75% +0.01, 95% +0.1, 99% +0.3
        differences          -0.2 │    ▁▁▁▁▁▁▁▁▂▃▃▄▆▇█████▇▆▄▃▃▂▁▁▁▁▁▁▁▁   │ 0.3
        champion             0 │    ▁▁▁▁▁▁▁▁▂▃▃▄▆▇█████▇▆▄▃▃▂▁▁▁▁▁▁▁▁   │ 1
        challenger           0 │   ▁▁▁▁▁▁▁▁▂▃▃▄▆▇█████▇▆▄▃▃▂▁▁▁▁▁▁▁▁    │ 1

      label
        agreement            0% of 11,980 rows: all values equal

    challenger other
      verdict              no answer to compare
      answered             0 of 12,000 (0%)
      no answer            12,000 not logged yet, or lost in a crash
      nothing to compare: its outputs differ from the champion's in name or type"
  `);
});

it("says which bound the reader chose, and that a challenger agrees", () => {
  const [rf, ...others] = comparison.challengers;
  const [output] = rf?.outputs ?? [];
  if (rf === undefined || output === undefined) throw new RangeError("no output");
  const agreeing = { ...rf, outputs: [{ ...output, agreeing: output.rows }] };
  const lines = reportText({ ...comparison, within: 0.01, challengers: [agreeing, ...others] }).split("\n");
  expect(lines).toContain("  verdict              agrees with the champion in all 11,980 rows");
  expect(lines).toContain("    agreement            100% of 11,980 rows: every value within 0.01 of the champion's");
});

it("reports an empty period", () => {
  expect(reportText(emptyComparison("fraud"))).toMatchInlineSnapshot(`
    "pipeline fraud
      rows                 none in this period"
  `);
});
