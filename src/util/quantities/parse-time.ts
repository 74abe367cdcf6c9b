/** A date, or a date and a time, in ISO 8601. A space may replace the T. */
const iso =
  /^(?<date>(?:\d{4}|[+-]\d{6})(?:-(?<month>\d\d)(?:-(?<day>\d\d))?)?)(?:[T ](?<time>\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?))?$/i;

/**
 * Parses a time option: a Date, milliseconds since 1970 UTC, or ISO 8601 text. Returns null for anything else.
 *
 * `new Date(text)` is not strict enough: it reads "last 5" as a day in May 2001, and 30 February as 2 March.
 */
export function parseTime(value: unknown): Date | null {
  const milliseconds =
    typeof value === "number"
      ? value
      : value instanceof Date
        ? value.getTime()
        : typeof value === "string"
          ? parseIso(value)
          : NaN;
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? null : date;
}

function parseIso(text: string): number {
  const { date, month, day, time } = iso.exec(text)?.groups ?? {};
  if (date === undefined) return NaN;
  const parsed = Date.parse(time === undefined ? date : `${date}T${time.toUpperCase()}`);
  if (time !== undefined && day === undefined) return NaN;
  const midnight = new Date(Date.parse(date));
  return day === undefined || (midnight.getUTCDate() === Number(day) && midnight.getUTCMonth() + 1 === Number(month))
    ? parsed
    : NaN;
}
