/** What this browser checked by itself, in a line on every page; above all, what it caught. */
import { isRefused, type Refused } from "@writ/core/encoding";
import type { ReactNode } from "react";
import { useCaught, useLine, useStanding } from "../estate-queries.ts";
import { agoText, countText, localText, numberText, shortDigest } from "../words.ts";
import { useNow } from "./clock.tsx";

export function StandingLine(): ReactNode {
  const { data } = useStanding();
  const now = useNow();
  if (data === undefined) return <p className="standing">Checking the journal in this browser…</p>;
  if (isRefused(data)) {
    const says = data.refused === "unavailable" ? "Nothing checked yet" : "Not verified";
    return (
      <p className="standing standing-bad">
        {says}: {data.detail}.
      </p>
    );
  }
  const { cosigned, witnesses, extended } = data;
  const entries = countText(cosigned.size, "entry", "entries");
  return (
    <p className="standing standing-good">
      <strong>Verified in this browser:</strong> {entries}, signed by the journal and{" "}
      {witnesses.join(", ")} {agoText(cosigned.time, now)}
      {extended === undefined
        ? "; seen for the first time and pinned."
        : `; extends the ${numberText(extended.size)} seen before.`}
    </p>
  );
}

/** Everything that was verified, for who wants to see it. */
export function StandingDetails(): ReactNode {
  const { data } = useStanding();
  if (data === undefined || isRefused(data)) return null;
  const { cosigned, witnesses, extended, trustRoot, estate, pinnedSince } = data;
  return (
    <dl className="facts">
      <dt>estate</dt>
      <dd>
        <code title={estate}>{shortDigest(estate)}</code>, pinned {localText(pinnedSince)}
      </dd>
      <dt>trust root</dt>
      <dd>
        number {trustRoot.document.number}, <code>{shortDigest(trustRoot.digest)}</code>: followed
        from the first by its signatures
      </dd>
      <dt>checkpoint</dt>
      <dd>
        {numberText(cosigned.size)} entries, root <code>{cosigned.root.slice(0, 12)}</code>,
        witnessed {localText(cosigned.time)}
      </dd>
      <dt>witnesses</dt>
      <dd>
        {witnesses.join(", ")}; {trustRoot.document.witnessThreshold} needed
      </dd>
      <dt>history</dt>
      <dd>
        {extended === undefined
          ? "first sight: nothing older to compare with"
          : `proven to extend the tree of ${numberText(extended.size)} entries seen before`}
      </dd>
    </dl>
  );
}

/** Above everything else: the server said what cannot be true. */
export function CaughtBanner(): ReactNode {
  const caught = useCaught();
  if (caught.length === 0) return null;
  return (
    <div className="caught" role="alert">
      <h2>Do not believe this server.</h2>
      <ul>
        {caught.slice(0, 5).map((refusal) => (
          <li key={refusal.detail}>
            <strong>{caughtTitle(refusal)}</strong> {refusal.detail}.
          </li>
        ))}
      </ul>
      <p>
        What it showed contradicts what witnesses signed or what this browser saw before. Compare
        with another machine: <code>./writ audit</code>. Order nothing on the strength of this page.
      </p>
    </div>
  );
}

function caughtTitle({ refused: code }: Refused): string {
  switch (code) {
    case "rollback-of-history":
      return "The journal was rolled back.";
    case "bad-proof":
      return "An entry or a proof was changed.";
    case "fork":
      return "There are two journals.";
    case "bad-signature":
      return "A signature is false.";
    case "not-cosigned":
    case "bad-checkpoint":
      return "The checkpoint is not vouched for.";
    case "wrong-estate":
      return "This is another estate.";
    case "wrong-blob":
      return "A document was exchanged.";
    default:
      return `${code}.`;
  }
}

/** The connection to the server, when it is lost. */
export function LineNotice(): ReactNode {
  const line = useLine();
  if (line === "open") return null;
  return (
    <output className="line-lost">
      Offline: the server's news do not arrive. What stands here is from before; it is asked again.
    </output>
  );
}
