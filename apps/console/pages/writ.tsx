/** One writ: its course, the order as it is signed, what was seen of it. */

import { useParams } from "@tanstack/react-router";
import { digestOf, isRefused, type Refused, refused, renderWrit } from "@writ/core";
import { type ReactNode, useMemo } from "react";
import { noteRefusal, useBlob, useWrit } from "../estate-queries.ts";
import { Answered } from "../parts/answers.tsx";
import { useNow } from "../parts/clock.tsx";
import { KindMark } from "../parts/kind-mark.tsx";
import { ProvenMark } from "../parts/proven-mark.tsx";
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
      <HowToAnswer proceeding={proceeding} />
      <Timeline proceeding={proceeding} />
      <AsSigned digest={digest} />
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

function HowToAnswer({ proceeding }: { readonly proceeding: ProceedingTold }) {
  const { digest, state, seats, approvals } = proceeding;
  if (!answerable.has(state)) return null;
  const short = shortDigest(digest);
  const needed = seats.map(({ group, threshold }) => `${threshold} of ${group}`).join(" and ");
  return (
    <section className="how" aria-labelledby="how">
      <h2 id="how">To answer</h2>
      <p>
        It needs {needed};{" "}
        {approvals.length === 0
          ? "nobody has approved yet"
          : `${approvals.map(({ person }) => person).join(", ")} approved`}
        . This page signs nothing. Read the order below, then on your own terminal, where the same
        words must stand:
      </p>
      <pre>
        {`./writ approve ${short} --as YOU\n`}
        {`./writ ${state === "drafted" ? "deny" : "veto"} ${short} --as YOU`}
      </pre>
    </section>
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

/** The order by the same renderer as on every screen, from bytes that have the writ's digest. */
function AsSigned({ digest }: { readonly digest: string }) {
  const { data } = useBlob(digest);
  const rendered = useMemo(() => {
    if (data === undefined) return undefined;
    if (isRefused(data)) return data;
    if (digestOf(data) !== digest) {
      const wrong = refused("wrong-blob", `the server sent other bytes than writ ${digest}`);
      // Told after this rendering: a component may not change another while it renders.
      queueMicrotask(() => noteRefusal(wrong));
      return wrong;
    }
    return renderWrit(data);
  }, [data, digest]);
  if (rendered === undefined) return null;
  if (isRefused(rendered)) return <NotShown refusal={rendered} />;
  const { phrase, sections, title } = rendered;
  return (
    <section className="as-signed" aria-labelledby="as-signed">
      <h2 id="as-signed">The order, as it is signed</h2>
      <p className="phrase">
        {phrase.map((word, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a phrase may have a word twice
          <span key={at}>{word} </span>
        ))}
      </p>
      <p className="faint">
        Rendered here from bytes whose digest is <code>{rendered.digest}</code>. Your terminal shows
        the same ten words.
      </p>
      <h3>{title}</h3>
      {sections.map(({ heading, lines }) => (
        <section key={heading}>
          <h4>{heading}</h4>
          <dl className="facts">
            {lines.map(({ label, text }, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: lines never move
              <div key={at}>
                <dt>{label}</dt>
                <dd>
                  <bdi>{text}</bdi>
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </section>
  );
}

function NotShown({ refusal }: { readonly refusal: Refused }) {
  return (
    <section className="no-answer" role="alert">
      <h2>The order is not shown</h2>
      <p>{refusal.detail}.</p>
    </section>
  );
}
