/** XML that a store answers with, as a tree of bounded size. It defines and fetches nothing. */
import { SaxesParser } from "saxes";

export type Element = {
  readonly name: string;
  text: string;
  readonly children: Element[];
};

/** A page of a thousand versions has ten thousand. */
const elementsMax = 200_000;
const depthMax = 32;
const textLengthMax = 16_384;

/** The root element, or `undefined` if it is no XML or too much of it. */
export function xmlTree(text: string): Element | undefined {
  const parser = new SaxesParser();
  const open: Element[] = [];
  let root: Element | undefined;
  let elements = 0;
  let isBroken = false;
  parser.on("error", () => {
    isBroken = true;
  });
  parser.on("opentag", ({ name }) => {
    elements += 1;
    const element = { name: name.replace(/^.*:/, ""), text: "", children: [] };
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
    if (elements > elementsMax || open.length > depthMax) isBroken = true;
  });
  parser.on("text", (more) => {
    const element = open.at(-1);
    if (element !== undefined && element.text.length < textLengthMax) element.text += more;
  });
  parser.on("closetag", () => void open.pop());
  // In pieces, so that what is too much stops it early.
  for (let at = 0; at < text.length && !isBroken; at += 65_536) {
    parser.write(text.slice(at, at + 65_536));
  }
  if (!isBroken) parser.close();
  return isBroken ? undefined : root;
}

/** Children of a name. */
export function named(element: Element | undefined, name: string): readonly Element[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

/** The text of the first child of a name; empty if there is none. */
export function textOf(element: Element | undefined, name: string): string {
  return named(element, name)[0]?.text.trim() ?? "";
}
