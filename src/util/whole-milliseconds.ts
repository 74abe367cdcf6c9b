/** Times as Arrow and DuckDB hold them. Neighbouring rows mostly have one time, whose bigint is made once. */
export function wholeMilliseconds(times: Float64Array): BigInt64Array {
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
