/**
 * Converts times to whole milliseconds, as Arrow and DuckDB store them. Consecutive rows mostly share one time, so its
 * bigint is created once.
 */
export function toBigIntMilliseconds(times: Float64Array): BigInt64Array {
  const whole = new BigInt64Array(times.length);
  let last = 0;
  let bigint = 0n;
  for (let row = 0; row < times.length; row++) {
    const ms = times[row] ?? 0;
    if (ms !== last) bigint = BigInt(Math.trunc((last = ms)));
    whole[row] = bigint;
  }
  return whole;
}
