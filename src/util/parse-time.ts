/** A date, or a date and a time, in ISO 8601; a space may stand for the T. */
const iso =
  /^(?<date>(?:\d{4}|[+-]\d{6})(?:-(?<month>\d\d)(?:-(?<day>\d\d))?)?)(?:[T ](?<time>\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?))?$/i;

/**
 * The moment that an option names: a Date, milliseconds since 1970 UTC, or ISO 8601 text; null for anything else. `new Date` itself
 * takes "last 5" for a day of May 2001, and the 30th of February for the 2nd of March.
 */
export function moment(value: unknown): Date | null {
  const milliseconds =
    typeof value === "number"
      ? value
      : value instanceof Date
        ? value.getTime()
        : typeof value === "string"
          ? textual(value)
          : NaN;
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? null : date;
}

function textual(text: string): number {
  const { date, month, day, time } = iso.exec(text)?.groups ?? {};
  if (date === undefined) return NaN;
  const given = Date.parse(time === undefined ? date : `${date}T${time.toUpperCase()}`);
  if (time !== undefined && day === undefined) return NaN;
  const midnight = new Date(Date.parse(date));
  return day === undefined || (midnight.getUTCDate() === Number(day) && midnight.getUTCMonth() + 1 === Number(month))
    ? given
    : NaN;
}
