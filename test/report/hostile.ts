import type { Comparison } from "../../src/logs/comparison.js";

const noon = Date.UTC(2026, 0, 31, 12);
const hostile = `</script><script>document.title = "taken"</script><img src=x onerror="document.title='taken'">`;

const quantiles = { p1: -0.2, p5: -0.1, p25: 0, p50: 0, p75: 0.01, p95: 0.1, p99: 0.3, estimated: false };
const bell = Array.from({ length: 40 }, (_, i) => Math.round(1000 * Math.exp(-(((i - 20) / 6) ** 2))));

/** A comparison whose names contain markup, scripts and terminal control codes. */
export const comparison: Comparison = {
  pipeline: `fraud ${hostile}`,
  within: null,
  rows: 12_000,
  first: noon,
  last: noon + 3_600_000,
  versions: [2, 1],
  failures: [
    { validation: "amt", rows: 12_000, failed: 12 },
    { validation: `"><b>\u001b[31m`, rows: 10, failed: 0 },
  ],
  elapsed: { ...quantiles, p50: 123_456, p99: 2_000_000 },
  withheld: [],
  challengers: [
    {
      name: `rf ${hostile}`,
      rows: 12_000,
      answered: 11_980,
      notes: [{ note: `no answer within 50 ms <!-- ${hostile}`, rows: 15 }],
      elapsed: { ...quantiles, p50: 400_000, p99: 9_000_000, estimated: true },
      outputs: [
        {
          champion: "dense_1",
          challenger: `variable ${hostile}`,
          rows: 11_980,
          agreeing: 11_979,
          sameGreatest: 11_000,
          numbers: {
            values: 23_960,
            notFinite: 3,
            championMean: 0.51234567,
            challengerMean: 0.5,
            mean: -0.01234567,
            meanAbsolute: 0.02,
            least: -1.5,
            greatest: 2,
            quantiles,
            correlation: 0.98765,
            histogram: { from: -0.2, to: 0.3, counts: bell },
            championValues: { from: 0, to: 1, counts: bell },
            challengerValues: { from: 0, to: 1, counts: bell.toReversed() },
            timeline: Array.from({ length: 48 }, (_, i) => ({
              time: noon + i * 75_000,
              values: 500,
              mean: Math.sin(i) / 50,
              meanAbsolute: 0.02,
            })),
          },
        },
        { champion: "label", challenger: "label", rows: 11_980, agreeing: 0, sameGreatest: null, numbers: null },
      ],
      validations: [
        { validation: "amt", rows: 11_980, championFailed: 12, challengerFailed: 15, differing: 5 },
        { validation: `"><b>\u001b[31m`, rows: 0, championFailed: 0, challengerFailed: 0, differing: 0 },
        { validation: "low", rows: 11_980, championFailed: 1, challengerFailed: 1, differing: 0 },
      ],
    },
    { name: "other", rows: 12_000, answered: 0, notes: [], elapsed: null, outputs: [], validations: [] },
  ],
};
