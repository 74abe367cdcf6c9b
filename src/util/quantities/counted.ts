/** A number of things: `1 model`, `2 models`, `1,200 rows`. */
export function counted(count: number, thing: string): string {
  // `toLocaleString` takes 20 ms at its first call.
  return `${String(count).replace(/\B(?=(?:\d{3})+$)/g, ",")} ${plural(count, thing)}`;
}

/** As `counted`, with the number as it stands in shapes: `1 row`, `1200 rows`. */
export function numberOf(count: number, thing: string): string {
  return `${count} ${plural(count, thing)}`;
}

const plural = (count: number, thing: string): string => (count === 1 ? thing : `${thing}s`);
