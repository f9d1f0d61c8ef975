/**
 * Where a process's own memory lies: pages that no file has, which are in memory now. What was
 * never touched or is swapped out is left alone: to read it would fetch it in, and change the host.
 */

/** x86-64 and most others; a larger page reads as several of these. */
export const pageBytes = 4096;
const entryBytes = 8;
/** Bits of a `pagemap` entry (kernel: admin-guide/mm/pagemap.rst), in its high 32 bits. */
const presentBit = 1 << 31;
const swappedBit = 1 << 30;
const fileBit = 1 << 29;

/** An area of a process, as `smaps` tells it (proc_pid_smaps(5)). Sizes in bytes. */
export type MemoryArea = {
  readonly start: number;
  readonly end: number;
  /** Resident bytes that no file backs: copies that were written to, heaps, stacks. */
  readonly anonymous: number;
  readonly swapped: number;
};

/** The areas of an `smaps` file that hold anonymous memory. */
export function parseAreas(text: string): MemoryArea[] {
  const areas: MemoryArea[] = [];
  let range: { start: number; end: number } | undefined;
  let anonymous = 0;
  let swapped = 0;
  const close = (): void => {
    if (range !== undefined && anonymous + swapped > 0)
      areas.push({ ...range, anonymous, swapped });
    anonymous = 0;
    swapped = 0;
  };
  for (const line of text.split("\n")) {
    const head = /^([0-9a-f]{1,16})-([0-9a-f]{1,16}) /.exec(line);
    if (head !== null) {
      close();
      const start = Number.parseInt(head[1]!, 16);
      const end = Number.parseInt(head[2]!, 16);
      // Addresses of the kernel's own page (vsyscall) are past what a number holds exactly.
      range = Number.isSafeInteger(end) && start < end ? { start, end } : undefined;
      continue;
    }
    const size = /^(Anonymous|Swap):\s+(\d{1,12}) kB$/.exec(line);
    if (size?.[1] === "Anonymous") anonymous = Number(size[2]) * 1024;
    else if (size?.[1] === "Swap") swapped = Number(size[2]) * 1024;
  }
  close();
  return areas;
}

/** Neighbouring pages that are resident and anonymous. */
export type Run = { readonly start: number; readonly bytes: number };

/** Bytes of `pagemap` for an area's pages. */
export function pagemapRange(area: MemoryArea): { readonly at: number; readonly bytes: number } {
  const at = Math.floor(area.start / pageBytes) * entryBytes;
  return { at, bytes: Math.ceil((area.end - area.start) / pageBytes) * entryBytes };
}

/** The runs that a piece of `pagemap` tells, whose first entry is of the page at `start`. */
export function runsIn(pagemap: Buffer, start: number): Run[] {
  const runs: Run[] = [];
  let begin = -1;
  const count = Math.floor(pagemap.length / entryBytes);
  for (let page = 0; page <= count; page += 1) {
    const high = page < count ? pagemap.readInt32LE(page * entryBytes + 4) : 0;
    const isOwn = (high & presentBit) !== 0 && (high & (swappedBit | fileBit)) === 0;
    if (isOwn && begin < 0) begin = page;
    if (isOwn || begin < 0) continue;
    runs.push({ start: start + begin * pageBytes, bytes: (page - begin) * pageBytes });
    begin = -1;
  }
  return runs;
}
