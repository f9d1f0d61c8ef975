/** Tables of memory that no process shows: detached System V segments, and what is swapped out. */

export type Segment = { readonly id: string; readonly bytes: number };

/** Segments that no process has attached, by `sysvipc/shm` (proc_sysvipc(5)); bytes in use. */
export function parseSegments(text: string): Segment[] {
  const [head = "", ...lines] = text.split("\n");
  const columns = head.trim().split(/\s+/);
  const at = (fields: readonly string[], name: string) => fields[columns.indexOf(name)] ?? "";
  return lines.flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const bytes = Number(at(fields, "rss")) + Number(at(fields, "swap"));
    const isDetached = at(fields, "nattch") === "0" && Number.isSafeInteger(bytes);
    return isDetached ? [{ id: at(fields, "shmid"), bytes }] : [];
  });
}

export type Swap = { readonly place: string; readonly bytes: number };

/** Swap files and partitions, by `swaps` (proc_swaps(5)): used bytes. */
export function parseSwaps(text: string): Swap[] {
  return text.split("\n").flatMap((line) => {
    const [, place, , , used] =
      /^(\/\S*)\s+(partition|file)\s+(\d{1,15})\s+(\d{1,15})\s/.exec(line) ?? [];
    // Spaces and the like in a name are octal escapes, as in `mounts`.
    return place === undefined ? [] : [{ place: unescaped(place), bytes: Number(used) * 1024 }];
  });
}

function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}
