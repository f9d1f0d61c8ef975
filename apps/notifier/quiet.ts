/** Quiet hours: when people sleep, by the clock of where they sleep. */

/** Minutes since midnight; from after to: over midnight. */
export type QuietHours = { readonly zone: string; readonly from: number; readonly to: number };

/** True within the quiet hours; the first minute is in, the last is out. */
export function isQuiet({ zone, from, to }: QuietHours, now: number): boolean {
  const minute = minuteIn(zone, now);
  return from <= to ? minute >= from && minute < to : minute >= from || minute < to;
}

/** Whether this is a time zone that the machine knows. */
export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

function minuteIn(zone: string, now: number): number {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  const parts = format.formatToParts(now);
  const value = (type: string) => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return value("hour") * 60 + value("minute");
}
