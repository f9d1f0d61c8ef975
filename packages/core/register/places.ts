/** Where the register has something, by host: what one host's look can contradict. */
import type { Placement } from "./document.ts";
import type { Register } from "./register.ts";
import type { Said } from "./said.ts";

/** What is on one host: ids of its placements and controls, and how often they changed. */
export type Places = { readonly ids: Set<string>; version: number };

/** Puts a placement where it ought to be, in place. */
export function setPlacement(register: Register, place: Said<Placement>): void {
  const { placement, host } = place.document;
  leavePlace(register, placement, host);
  register.placements.set(placement, place);
  placesAt(register, host).ids.add(placement);
}

/** Takes a placement or control out of the register, in place. */
export function removePlace(register: Register, id: string): void {
  leavePlace(register, id, undefined);
}

/** Takes it from the host where it was, if it goes to another, or nowhere: lists keep one order. */
export function leavePlace(register: Register, id: string, to: string | undefined): void {
  const before = register.placements.get(id) ?? register.controls.get(id);
  if (before === undefined || before.document.host === to) return;
  placesAt(register, before.document.host).ids.delete(id);
  register.placements.delete(id);
  register.controls.delete(id);
}

/** A host's places, about to be changed. */
export function placesAt(register: Register, host: string): Places {
  const places = register.places.get(host) ?? { ids: new Set(), version: 0 };
  places.version += 1;
  register.places.set(host, places);
  return places;
}
