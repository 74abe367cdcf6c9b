/**
 * Statistics of a pipeline's champion and challengers over a period. A difference is the challenger's value minus the
 * champion's.
 */
export interface Comparison extends LoggedComparison {
  readonly challengers: readonly ChallengerComparison[];
}

/** What the log alone says. */
export interface LoggedComparison {
  readonly pipeline: string;
  /** How far numbers that agree may be apart; null: a thousandth of the champion's. */
  readonly within: number | null;
  /** Logged rows of the champion. */
  readonly rows: number;
  /** Times of the first and the last row, in milliseconds since 1970 UTC; null without rows. */
  readonly first: number | null;
  readonly last: number | null;
  readonly versions: readonly number[];
  readonly failures: readonly ValidationFailures[];
  /** Nanoseconds from the arrival of the request to the end of its last inference step. */
  readonly elapsed: Quantiles | null;
  readonly challengers: readonly LoggedChallenger[];
  /** Outputs that are not compared, because the log of a version does not have all their values. */
  readonly withheld: readonly WithheldOutput[];
}

export interface WithheldOutput {
  /** Its flat name, such as `out.score` or `out_rf.score`. */
  readonly column: string;
  readonly reason: "excluded" | "redacted" | "long";
}

export interface ValidationFailures {
  readonly validation: string;
  /** Rows that were checked: older versions may not have had this validation. */
  readonly rows: number;
  readonly failed: number;
}

/** A validation of the champion's outputs, and what it says about the challenger's. */
export interface ValidationComparison {
  readonly validation: string;
  /** Rows that the challenger answered, and whose logged values are complete. */
  readonly rows: number;
  readonly championFailed: number;
  readonly challengerFailed: number;
  /** Rows that fail for one of the two only. */
  readonly differing: number;
}

export interface ChallengerComparison extends LoggedChallenger {
  /**
   * The validations that read outputs which the challenger has, too, with the same dtype and shape; of pipelines whose
   * last inference step is the shadow.
   */
  readonly validations: readonly ValidationComparison[];
}

export interface LoggedChallenger {
  readonly name: string;
  /** Rows of the versions that had this challenger. */
  readonly rows: number;
  readonly answered: number;
  /** Reasons for missing outputs, most frequent first. The rows with neither an output nor a note are still pending. */
  readonly notes: readonly { readonly note: string; readonly rows: number }[];
  /**
   * Nanoseconds that the challenger ran; null in logs of older versions of Shapeline, and for challengers that the
   * response waited for.
   */
  readonly elapsed: Quantiles | null;
  /** Pairs of outputs: those with the same name, or the only output of each side. */
  readonly outputs: readonly OutputComparison[];
}

export interface OutputComparison {
  readonly champion: string;
  readonly challenger: string;
  readonly rows: number;
  /** Rows in which all values are equal; numbers may differ as `within` says. */
  readonly agreeing: number;
  /** Rows in which the greatest value has the same position; null if a row has one value. */
  readonly sameGreatest: number | null;
  /** null for outputs that are not numeric. */
  readonly numbers: NumberComparison | null;
}

export interface NumberComparison {
  /** Pairs of finite numbers. */
  readonly values: number;
  /** Pairs with a NaN or infinite number; all other figures exclude them. */
  readonly notFinite: number;
  readonly championMean: number;
  readonly challengerMean: number;
  /** `mean` to `quantiles` describe the differences. */
  readonly mean: number;
  readonly meanAbsolute: number;
  readonly least: number;
  readonly greatest: number;
  readonly quantiles: Quantiles;
  /** Pearson correlation; null if one side is constant. */
  readonly correlation: number | null;
  /** Of the differences; the first and last bins include all values beyond them. */
  readonly histogram: Histogram;
  readonly championValues: Histogram;
  /** Has the same bins as `championValues`. */
  readonly challengerValues: Histogram;
  readonly timeline: readonly TimelinePoint[];
}

export interface Quantiles {
  readonly p1: number;
  readonly p5: number;
  readonly p25: number;
  readonly p50: number;
  readonly p75: number;
  readonly p95: number;
  readonly p99: number;
  /**
   * true if there were too many values to keep them all (262,144, or fewer with many outputs). Each quantile is then at
   * most 0.025 % closer to zero than the exact one.
   */
  readonly estimated: boolean;
}

export interface Histogram {
  readonly from: number;
  readonly to: number;
  readonly counts: readonly number[];
}

export interface TimelinePoint {
  /** Middle of the interval, in milliseconds since 1970 UTC. */
  readonly time: number;
  readonly values: number;
  /** Mean difference. */
  readonly mean: number;
  readonly meanAbsolute: number;
}
