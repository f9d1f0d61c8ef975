/**
 * Quorum: do these people fill all seats? Each seat is filled by a different person, so one person
 * in two groups counts in one of them (OpenBao's control groups let one count in both).
 */
import type { Seats, TrustRoot } from "./trust-root.ts";

/** Who sits in any of these seats' groups: the people whose word can count. */
export function eligible(root: TrustRoot, seats: Seats): ReadonlySet<string> {
  const names = new Set(seats.map(({ group }) => group));
  return new Set(
    root.document.groups
      .filter(({ name }) => names.has(name))
      .flatMap(({ members }) => [...members]),
  );
}

/** True if `people` can be seated so that every group's threshold is met by different people. */
export function quorumMet(root: TrustRoot, seats: Seats, people: ReadonlySet<string>): boolean {
  const members = new Map(root.document.groups.map((group) => [group.name, group.members]));
  const chairs = seats.flatMap(({ group, threshold }) =>
    Array.from({ length: threshold }, () => members.get(group) ?? []),
  );
  if (chairs.length === 0) return false;
  const seatedAt = new Map<string, number>();
  return chairs.every((_, chair) => seat(chair, new Set()));

  // Bipartite matching by augmenting paths: whoever sits here may move to make room.
  function seat(chair: number, asked: Set<string>): boolean {
    for (const person of chairs[chair]!) {
      if (!people.has(person) || asked.has(person)) continue;
      asked.add(person);
      const elsewhere = seatedAt.get(person);
      if (elsewhere === undefined || seat(elsewhere, asked)) {
        seatedAt.set(person, chair);
        return true;
      }
    }
    return false;
  }
}
