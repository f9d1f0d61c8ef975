/**
 * JSON from outside, with bounds: a bill of materials may come from anybody. A document has one
 * meaning or none, so a key that stands twice in one object is refused: `JSON.parse` would keep the
 * last one, another reader the first.
 */
import type { Json } from "../encoding/canonical-json.ts";
import { type Refused, refused } from "../encoding/refusal.ts";

/** The official examples nest 14 deep. */
export const outsideDepthMax = 64;
/** Values in one document: a register entry could not hold what a tenth of them say. */
export const outsideValuesMax = 200_000;
/** Keys by which a careless reader is made to change what all objects inherit. */
const poisons: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** Reads a JSON text from outside; refuses what is too deep, too much, ambiguous or poisoned. */
export function parseOutsideJson(text: string): Json | Refused {
  const problem = scan(text);
  if (problem !== undefined) return problem;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return refused("malformed", "the document is not JSON; is it whole?");
  }
}

type Level = { readonly keys: Set<string> | undefined; expectsKey: boolean };

/** One pass over the tokens, before anything is built of them. */
function scan(text: string): Refused | undefined {
  const levels: Level[] = [];
  let values = 0;
  const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/gs;
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    const [word] = found;
    const level = levels.at(-1);
    if (word === "{" || word === "[") {
      levels.push({ keys: word === "{" ? new Set() : undefined, expectsKey: word === "{" });
      values += 1;
    } else if (word === "}" || word === "]") levels.pop();
    else if (word === ",") {
      if (level?.keys !== undefined) level.expectsKey = true;
    } else if (word === ":") {
      if (level !== undefined) level.expectsKey = false;
    } else if (level?.keys !== undefined && level.expectsKey) {
      const problem = addKey(level.keys, word);
      if (problem !== undefined) return problem;
    } else values += 1;
    if (levels.length > outsideDepthMax) {
      return refused("oversized", `the document nests over ${outsideDepthMax} deep`);
    }
    if (values > outsideValuesMax) {
      return refused("oversized", `the document has over ${outsideValuesMax} values`);
    }
  }
  return undefined;
}

function addKey(keys: Set<string>, word: string): Refused | undefined {
  let key: string;
  try {
    key = JSON.parse(word) as string;
  } catch {
    return refused("malformed", "the document is not JSON; is it whole?");
  }
  if (poisons.has(key)) return refused("malformed", `no object may have a member ${key}`);
  if (keys.has(key)) {
    return refused("malformed", `a member ${JSON.stringify(key)} stands twice in one object`);
  }
  keys.add(key);
  return undefined;
}
