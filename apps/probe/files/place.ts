/**
 * A place: a path as the kernel has it, bytes. Held as a string with one character a byte (latin1),
 * which costs one byte each in V8, compares exactly, and never loses a name that is not UTF-8.
 */
import { pathBytes, pathText } from "@writ/core";

/** Not text: never show it, never put it into a document. See {@link placeText}. */
export type Place = string & { readonly __brand: "Place" };

/** The place of a path as documents write it, or `undefined` if it is no absolute path. */
export function placeOf(path: string): Place | undefined {
  const bytes = pathBytes(path);
  if (bytes === undefined || bytes[0] !== 0x2f) return undefined;
  const raw = Buffer.from(bytes).toString("latin1");
  return (raw.length > 1 ? raw.replace(/\/+$/, "") || "/" : raw) as Place;
}

/** The path for a document. */
export function placeText(place: string): string {
  return pathText(Buffer.from(place, "latin1"));
}

/** What `node:fs` takes. */
export function placeBuffer(place: string): Buffer {
  return Buffer.from(place, "latin1");
}

/** The same, without a copy of the bytes where text serves: a path of ASCII is the same in both. */
export function placePath(place: string): Buffer | string {
  return isAscii.test(place) ? place : placeBuffer(place);
}

const isAscii = /^[\x01-\x7f]*$/;

/** A name within a folder. */
export function within(folder: Place, name: string): Place {
  return (folder === "/" ? `/${name}` : `${folder}/${name}`) as Place;
}

/** The folder that holds a place. */
export function folderOf(place: string): Place {
  return (place.slice(0, place.lastIndexOf("/")) || "/") as Place;
}

/** True if `place` is `root` or lies in it. */
export function isInside(place: string, root: string): boolean {
  return root === "/" || place === root || place.startsWith(`${root}/`);
}

/** The program's view of text that the kernel gave as bytes: command lines, environments. */
export function plainText(raw: string): string {
  return Buffer.from(raw, "latin1").toString("utf8");
}
