/** Quantities as people say them: sizes, times, counts of things. */

/** Bytes in decimal units, three digits: `4.92 GB`. */
export function sizeText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** How long ago, in one unit: `3 min ago`, `just now`; for later times `in 3 min`. */
export function agoText(then: number, now: number): string {
  const seconds = Math.round(Math.abs(now - then) / 1000);
  if (seconds < 2) return "just now";
  const length = durationText(seconds * 1000);
  return then <= now ? `${length} ago` : `in ${length}`;
}

/** A length of time in one unit, rounded down. */
export function durationText(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 1) return `${Math.round(milliseconds)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.floor(seconds)} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}

/** Local date and time to the second, in the order that sorts: `2026-11-25 02:14:09`. */
export function localText(time: number): string {
  const date = new Date(time);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** Local time and how long ago: `2026-11-25 02:14:09 (3 min ago)`. */
export function whenText(time: number, now: number): string {
  return `${localText(time)} (${agoText(time, now)})`;
}

/** A count with groups of three digits: `8,000,000`. */
export function numberText(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1 file`, `2 files`. */
export function countText(count: number, one: string, many = `${one}s`): string {
  return `${numberText(count)} ${count === 1 ? one : many}`;
}

/** The start of a digest, enough to tell the digests of one list apart. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, "").slice(0, 12);
}
