/** One writ: its course, the order as it is signed, what was seen of it. */

import { useParams } from "@tanstack/react-router";
import {
  type Digest,
  digestOf,
  isRefused,
  type Refused,
  refused,
  type TrustRoot,
} from "@writ/core";
import { type ReactNode, useMemo, useState } from "react";
import { noteRefusal, useBlob, useStanding, useWrit } from "../estate-queries.ts";
import { Answered } from "../parts/answers.tsx";
import { useNow } from "../parts/clock.tsx";
import { KindMark } from "../parts/kind-mark.tsx";
import { hasPasskeys, PasskeySignature, type Sayable } from "../parts/passkey-signature.tsx";
import { ProvenMark } from "../parts/proven-mark.tsx";
import { NotShown, RenderedOrder } from "../parts/rendered-writ.tsx";
import type { ProceedingTold } from "../server-connection.ts";
import { agoText, localText, shortDigest } from "../words.ts";
import { Disagreement } from "./writ-verdict.tsx";

export function WritPage(): ReactNode {
  const { digest } = useParams({ strict: false });
  const query = useWrit(digest ?? "");
  return <Answered query={query}>{(proceeding) => <Whole proceeding={proceeding} />}</Answered>;
}

function Whole({ proceeding }: { readonly proceeding: ProceedingTold }) {
  const { digest, state, hindrance } = proceeding;
  const order = useOrder(digest);
  const isOpen = answerable.has(state);
  return (
    <>
      <p className="question">
        <KindMark kind="writ" /> <code>{shortDigest(digest)}</code>
      </p>
      <h1 className="voice-writ">
        <Title proceeding={proceeding} />
      </h1>
      <p>
        <span className={`state state-large state-${state}`}>{state}</span>
      </p>
      {hindrance === undefined ? null : (
        <p className="lead">It may not begin now: {hindrance.detail}.</p>
      )}
      <Disagreement proceeding={proceeding} />
      {isOpen ? <AsSigned order={order} /> : null}
      <HowToAnswer proceeding={proceeding} isShown={order !== undefined && !isRefused(order)} />
      <Timeline proceeding={proceeding} />
      {isOpen ? null : <AsSigned order={order} />}
    </>
  );
}

function Title({ proceeding: { writ } }: { readonly proceeding: ProceedingTold }) {
  const leaving = writ.from.map(({ release }) => release).join(", ");
  return (
    <>
      {writ.action} {writ.component}: {leaving}
      {writ.to === undefined ? "" : ` → ${writ.to.release}`}
    </>
  );
}

const answerable: ReadonlySet<string> = new Set(["drafted", "approved", "armed"]);

type ToAnswer = { readonly proceeding: ProceedingTold; readonly isShown: boolean };

function HowToAnswer({ proceeding, isShown }: ToAnswer) {
  const { digest, state, seats, approvals } = proceeding;
  const { data: standing } = useStanding();
  if (!answerable.has(state)) return null;
  const short = shortDigest(digest);
  const needed = seats.map(({ group, threshold }) => `${threshold} of ${group}`).join(" and ");
  const root = standing === undefined || isRefused(standing) ? undefined : standing.trustRoot;
  return (
    <section className="how" aria-labelledby="how">
      <h2 id="how">To answer</h2>
      <p>
        It needs {needed};{" "}
        {approvals.length === 0
          ? "nobody has approved yet"
          : `${approvals.map(({ person }) => person).join(", ")} approved`}
        . Read the order above, whole.
      </p>
      {root !== undefined && isShown && hasPasskeys(root) ? (
        <ByPasskey proceeding={proceeding} root={root} />
      ) : null}
      <p>On your own terminal, where the same words must stand:</p>
      <pre>
        {`./writ approve ${short} --as YOU\n`}
        {`./writ ${state === "drafted" ? "deny" : "veto"} ${short} --as YOU`}
      </pre>
    </section>
  );
}

type Answering = { readonly proceeding: ProceedingTold; readonly root: TrustRoot };

function ByPasskey({ proceeding, root }: Answering) {
  const { digest, state, seats, approvals } = proceeding;
  const [shown] = useState(() => performance.now());
  const members = root.document.groups
    .filter(({ name }) => seats.some(({ group }) => group === name))
    .flatMap(({ members: names }) => names);
  const saying = (label: string, decision: "approve" | "deny" | "veto"): Sayable => ({
    label,
    ...(decision === "approve" ? {} : { look: "grave" }),
    body: () => ({
      ...{ kind: "decision", writ: digest as Digest, decision },
      consideredMilliseconds: Math.round(performance.now() - shown),
    }),
  });
  const stop = state === "drafted" ? saying("Deny", "deny") : saying("Veto", "veto");
  // Whoever proposed it has no vote on it, and nobody has two.
  const spent = new Set([proceeding.writ.proposer, ...approvals.map(({ person }) => person)]);
  const open = members.filter((name) => !spent.has(name));
  return (
    <PasskeySignature
      people={state === "drafted" ? open : members}
      sayable={state === "drafted" ? [saying("Approve", "approve"), stop] : [stop]}
      confirm="I have read the order whole, and its ten words stand on another screen too."
    />
  );
}

function Timeline({ proceeding }: { readonly proceeding: ProceedingTold }) {
  const now = useNow();
  const { course, approvals, steps, certificateIndex } = proceeding;
  return (
    <section aria-labelledby="course">
      <h2 id="course">Course</h2>
      <ol className="timeline">
        {course.map(({ state, index, time }) => (
          <li key={`${state} ${index}`} className={`at-${state}`}>
            <span className={`state state-${state}`}>{state}</span>
            <span className="faint">
              {time === null ? "not witnessed yet" : `${localText(time)} (${agoText(time, now)})`}
            </span>
            <ProvenMark index={index} />
          </li>
        ))}
        {certificateIndex === undefined ? null : (
          <li className="at-fulfilled">
            <a href={`/api/certificates/${encodeURIComponent(proceeding.digest)}`} download>
              certificate
            </a>
            <ProvenMark index={certificateIndex} />
          </li>
        )}
      </ol>
      {approvals.length === 0 ? null : (
        <p>
          Approved by{" "}
          {approvals.map(({ person, custody }) => `${person} (${custody} key)`).join(", ")}.
        </p>
      )}
      <ul className="steps">
        {steps.map((step) => (
          <li key={step.step}>
            <b>{step.what}</b> on {step.host}: {step.phase}
            {step.detail === undefined || step.detail === "" ? "" : ` (${step.detail})`}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The order's bytes, if the server sent those of this digest; else why there are none yet. */
function useOrder(digest: string): Uint8Array | Refused | undefined {
  const { data } = useBlob(digest);
  return useMemo(() => {
    if (data === undefined || isRefused(data) || digestOf(data) === digest) return data;
    const wrong = refused("wrong-blob", `the server sent other bytes than writ ${digest}`);
    // Told after this rendering: a component may not change another while it renders.
    queueMicrotask(() => noteRefusal(wrong));
    return wrong;
  }, [data, digest]);
}

function AsSigned({ order }: { readonly order: Uint8Array | Refused | undefined }) {
  if (order === undefined) return null;
  if (isRefused(order)) return <NotShown refusal={order} />;
  return <RenderedOrder bytes={order} title="The order, as it is signed" />;
}
