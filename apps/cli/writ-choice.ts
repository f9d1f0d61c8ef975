/** Which writ a person means, and its exact bytes. */
import { type Digest, isDigest, isRefused, type RenderedWrit, renderWrit } from "@writ/core";
import type { Connection } from "./connection.ts";
import { type Problem, problem, refusalProblem } from "./outcome.ts";

/** Shorter starts are typed by mistake more easily than they save time. */
const prefixLengthMin = 4;

/** The digest that a whole digest, or the start of one, names. */
export async function chosenWrit({ api }: Connection, text: string): Promise<Digest | Problem> {
  if (isDigest(text)) return text;
  const start = text.replace(/^sha256:/, "").toLowerCase();
  if (!/^[0-9a-f]+$/.test(start) || start.length < prefixLengthMin) {
    return problem(
      "usage",
      "a writ is named by its digest, or the first digits of it, four at least",
      "./writ status lists them",
    );
  }
  const writs = await api.writs();
  if (isRefused(writs)) return refusalProblem(writs);
  const found = writs.filter(({ digest }) => digest.startsWith(`sha256:${start}`));
  if (found.length === 1) return found[0]!.digest;
  return found.length === 0
    ? problem("unknown-writ", `no writ's digest starts with ${start}`, "./writ status lists them")
    : problem("usage", `${found.length} writs start with ${start}`, "give more digits");
}

/**
 * A writ's bytes, which have the digest that was asked for, and what a person is to read of them.
 */
export async function fetchedWrit(
  { api, estate }: Connection,
  digest: Digest,
): Promise<{ readonly bytes: Uint8Array; readonly rendered: RenderedWrit } | Problem> {
  const bytes = await api.blob(digest);
  if (isRefused(bytes)) return refusalProblem(bytes);
  const rendered = renderWrit(bytes);
  if (isRefused(rendered)) return refusalProblem(rendered);
  if (rendered.estate !== estate.estate) {
    return problem("wrong-estate", `that writ is of another estate, ${rendered.estate}`);
  }
  return { bytes, rendered };
}
