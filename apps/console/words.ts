/** Quantities as the command line says them. */

/** A length of time in one unit, rounded down. */
export function durationText(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 120) return `${Math.max(0, Math.floor(seconds))} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}

/** `3 min ago`, `just now`, `in 3 min`. */
export function agoText(then: number, now: number): string {
  const away = Math.abs(now - then);
  if (away < 2000) return "just now";
  return then <= now ? `${durationText(away)} ago` : `in ${durationText(away)}`;
}

/** A count with groups of three digits. */
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

/** Local date and time to the second. */
export function localText(time: number): string {
  if (time === 0) return "before any witness spoke";
  const date = new Date(time);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
