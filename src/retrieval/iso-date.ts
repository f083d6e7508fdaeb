const HAS_ZONE = /(?:Z|[+-]\d\d:?\d\d)$/i;
const YEAR_MONTH_DAY = /^(\d{4})(?:-(\d\d))?(?:-(\d\d))?$/;
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;

/**
 * First millisecond since 1970 of an ISO 8601 year, month, day or date-time; UTC where it names no zone. NaN when it is
 * none of them.
 */
export function startOf(date: string): number {
  if (YEAR_MONTH_DAY.test(date)) return Date.parse(date);
  if (!DATE_TIME.test(date)) return Number.NaN;
  return Date.parse(HAS_ZONE.test(date) ? date : `${date}Z`);
}

/** Last millisecond of a year, month or day, or the date-time itself. */
export function endOf(date: string): number {
  const [, year, month, day] = YEAR_MONTH_DAY.exec(date) ?? [];
  if (!year) return startOf(date);
  if (!month) return Date.UTC(Number(year) + 1) - 1;
  return (day ? Date.UTC(Number(year), Number(month) - 1, Number(day) + 1) : Date.UTC(Number(year), Number(month))) - 1;
}
