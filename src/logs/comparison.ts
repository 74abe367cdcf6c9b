/** What champion and challengers of a pipeline gave over a period, in numbers. Differences are the challenger's value less the champion's. */
export interface Comparison {
  readonly pipeline: string;
  /** Rows that the champion answered. */
  readonly rows: number;
  /** Times of the first and the last of them, in milliseconds since 1970 UTC; null where there are none. */
  readonly first: number | null;
  readonly last: number | null;
  readonly versions: readonly number[];
  readonly failures: readonly ValidationFailures[];
  /** Nanoseconds from the request's arrival to the end of its last inference step. */
  readonly elapsed: Quantiles | null;
  readonly challengers: readonly ChallengerComparison[];
}

export interface ValidationFailures {
  readonly validation: string;
  /** Rows that were checked: older versions may not have had it. */
  readonly rows: number;
  readonly failed: number;
}

export interface ChallengerComparison {
  readonly name: string;
  /** Rows of versions that had it. */
  readonly rows: number;
  readonly answered: number;
  /** Why it gave no answer, most frequent first; `rows - answered` less these have none yet. */
  readonly notes: readonly { readonly note: string; readonly rows: number }[];
  /** Nanoseconds from its turn to its answer; null in logs of older versions of Shapeline, and for challengers that the answer waited for. */
  readonly elapsed: Quantiles | null;
  /** Pairs of outputs: of one name, or the only ones on both sides. */
  readonly outputs: readonly OutputComparison[];
}

export interface OutputComparison {
  readonly champion: string;
  readonly challenger: string;
  readonly rows: number;
  /** Rows in which all values are equal, numbers within a thousandth. */
  readonly agreeing: number;
  /** Rows in which the greatest value stands at the same place; null where a row holds one value. */
  readonly sameGreatest: number | null;
  /** null for outputs that are no numbers. */
  readonly numbers: NumberComparison | null;
}

export interface NumberComparison {
  /** Pairs of finite numbers. */
  readonly values: number;
  /** Pairs of which one is NaN or infinite: they are in none of these figures. */
  readonly notFinite: number;
  readonly championMean: number;
  readonly challengerMean: number;
  /** Of the difference. */
  readonly mean: number;
  readonly meanAbsolute: number;
  readonly least: number;
  readonly greatest: number;
  readonly quantiles: Quantiles;
  /** Pearson's; null where one side is constant. */
  readonly correlation: number | null;
  /** Of the difference; its ends hold what lies beyond. */
  readonly histogram: Histogram;
  readonly championValues: Histogram;
  /** In the bins of `championValues`. */
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
  /** Whether there were too many values to rank them all (262,144, or fewer where there are many figures): each is then at most 0.025 % nearer to zero than the true one. */
  readonly estimated: boolean;
}

export interface Histogram {
  readonly from: number;
  readonly to: number;
  readonly counts: readonly number[];
}

export interface TimelinePoint {
  /** Milliseconds since 1970 UTC: the middle of its share of the period. */
  readonly time: number;
  readonly values: number;
  /** Of the difference. */
  readonly mean: number;
  readonly meanAbsolute: number;
}
