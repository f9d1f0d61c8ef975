/** Who sits at this browser, by their own word: it only says which passkey to ask for. */
import { useState } from "react";

const storageName = "writ.person";

/** The person last chosen here, if they may still sign; else the first who may. */
export function useSigningPerson(people: readonly string[]): [string, (person: string) => void] {
  const [chosen, choose] = useState(() => localStorage.getItem(storageName) ?? "");
  const person = people.includes(chosen) ? chosen : (people[0] ?? "");
  const keep = (next: string) => {
    localStorage.setItem(storageName, next);
    choose(next);
  };
  return [person, keep];
}
