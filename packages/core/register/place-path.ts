/** Paths as the register writes them. */
import { matching, type Shape, text } from "../encoding/shape.ts";
import { pathLengthMax } from "../sight/census.ts";

/** An absolute path with nothing to resolve in it: the same text always means the same place. */
export const placePath: Shape<string> = (value, at) => {
  const whole = text(pathLengthMax)(value, at);
  if (typeof whole !== "string") return whole;
  const absolute = matching(
    /^(?!.*\/(?:\.{1,2})?(?:\/|$).)(?:\/[^/\0]+)+$/s,
    "an absolute path without . or .. or empty parts",
  );
  return absolute(whole, at);
};
