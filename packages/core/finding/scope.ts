/**
 * Scopes: what a rule looks at. Most rules hold one host against the register; some judge one
 * order; a few need the whole. A scope's view is an estate in which nothing else is, so that the
 * rules themselves are the same, and what an entry cannot contradict is not gone through.
 */
import type { Digest } from "../encoding/digest.ts";
import type { Claim, Estate } from "../estate/estate.ts";
import type { Register } from "../register/register.ts";

export type Scope =
  | { readonly over: "host"; readonly host: string }
  | { readonly over: "writ"; readonly writ: Digest }
  | { readonly over: "all" };

/** The estate as a scope's rules see it: to be read, and not folded on. */
export function viewOf(estate: Estate, scope: Scope): Estate {
  switch (scope.over) {
    case "host":
      return hostView(estate, scope.host);
    case "writ":
      return writView(estate, scope.writ);
    case "all":
      return estate;
    default:
      return scope satisfies never;
  }
}

function hostView(estate: Estate, host: string): Estate {
  const sight = estate.sights.get(host);
  return {
    ...estate,
    sights: new Map(sight === undefined ? [] : [[host, sight]]),
    register: registerAt(estate.register, host),
    claims: claimsAbout(estate, ({ body }) => body.host === host),
  };
}

function registerAt(register: Register, host: string): Register {
  const ids = [...(register.places.get(host)?.ids ?? [])];
  return {
    ...register,
    placements: chosen(register.placements, ids),
    controls: chosen(register.controls, ids),
    hosts: chosen(register.hosts, [host]),
  };
}

/** Sights and register stay whole: an order is judged by every place where a copy may lie. */
function writView(estate: Estate, writ: Digest): Estate {
  return {
    ...estate,
    proceedings: chosen(estate.proceedings, [writ]),
    open: new Set(estate.open.has(writ) ? [writ] : []),
    claims: claimsAbout(estate, ({ body }) => body.writ === writ),
  };
}

function claimsAbout({ claims }: Estate, isAbout: (claim: Claim) => boolean): Map<string, Claim> {
  const about = new Map<string, Claim>();
  for (const [subject, claim] of claims) if (isAbout(claim)) about.set(subject, claim);
  return about;
}

function chosen<K extends string, V>(map: ReadonlyMap<K, V>, keys: readonly K[]): Map<K, V> {
  return new Map(
    keys.flatMap((key) => {
      const value = map.get(key);
      return value === undefined ? [] : [[key, value] as const];
    }),
  );
}
