/** Are we in command? */

import { Link } from "@tanstack/react-router";
import { isRefused } from "@writ/core/encoding";
import type { ReactNode } from "react";
import { type Answer, answerOf, countOf, type Facts, openWrits } from "../command-state.ts";
import {
  useCaught,
  useEstate,
  useFindings,
  useHosts,
  useRegister,
  useStanding,
  useWrits,
} from "../estate-queries.ts";
import { NoAnswer, Waiting } from "../parts/answers.tsx";
import { useNow } from "../parts/clock.tsx";
import { Contradiction } from "../parts/contradiction.tsx";
import { KindMark } from "../parts/kind-mark.tsx";
import { StandingDetails } from "../parts/standing-line.tsx";
import { agoText, countText, numberText } from "../words.ts";

/** More than these are read on their own page. */
const shownMax = 5;

export function NowPage(): ReactNode {
  const parts = [useEstate(), useRegister(), useFindings(), useHosts(), useWrits()] as const;
  const [estate, register, findings, hosts, writs] = parts;
  const error = parts.find((query) => query.data === undefined && query.error)?.error;
  if (error) return <NoAnswer error={error} />;
  if (!estate.data || !register.data || !findings.data || !hosts.data || !writs.data) {
    return <Waiting />;
  }
  const facts: Facts = {
    estate: estate.data,
    register: register.data,
    findings: findings.data,
    hosts: hosts.data,
    writs: writs.data,
  };
  return <Now facts={facts} />;
}

function Now({ facts }: { readonly facts: Facts }) {
  const now = useNow();
  const caught = useCaught();
  const { data: standing } = useStanding();
  const doubt: Answer = {
    mood: "alarm",
    says: "Do not believe this.",
    because: "The server's answers contradict what witnesses signed.",
  };
  const answer = caught.length > 0 ? doubt : answerOf(facts, now);
  const isVerified = standing !== undefined && !isRefused(standing) && caught.length === 0;
  return (
    <>
      <section className={`answer answer-${answer.mood}`} aria-labelledby="answer">
        <p className="question">Are we in command of {facts.estate.name ?? "this estate"}?</p>
        <h1 id="answer">{answer.says}</h1>
        <p className="because">{answer.because}</p>
      </section>
      <Tallies facts={facts} now={now} />
      {facts.findings.length === 0 ? null : <Contradictions facts={facts} now={now} />}
      <UnderWay facts={facts} now={now} />
      <section aria-labelledby="checked">
        <h2 id="checked">{isVerified ? "Checked here" : "Not checked"}</h2>
        <StandingDetails />
      </section>
    </>
  );
}

function Tallies({ facts, now }: { readonly facts: Facts; readonly now: number }) {
  const { expected, asRegistered, unseen } = countOf(facts);
  const silent = facts.findings.filter(({ rule }) => rule === "probe-silent");
  const heard = facts.hosts.flatMap(({ heard: last }) => (last === undefined ? [] : [last.time]));
  const looked = facts.hosts.filter(({ census }) => census !== undefined).length;
  return (
    <dl className="tallies">
      <div className={asRegistered < expected ? "tally tally-off" : "tally"}>
        <dt>
          <KindMark kind="register" word="expected" /> and{" "}
          <KindMark kind="observation" word="counted" />
        </dt>
        <dd>
          <b>{numberText(asRegistered)}</b> of {numberText(expected)} places as registered
          {unseen > 0 ? `; ${numberText(unseen)} not looked at` : ""}
          <progress max={Math.max(1, expected)} value={asRegistered} aria-label="as registered" />
        </dd>
      </div>
      <div className={silent.length > 0 ? "tally tally-off" : "tally"}>
        <dt>
          <KindMark kind="observation" word="probes" />
        </dt>
        <dd>
          <b>{silent.length === 0 ? "none" : numberText(silent.length)}</b> silent
          <small>
            {countText(looked, "host")} looked at
            {heard.length > 0 ? `, last heard ${agoText(Math.max(...heard), now)}` : ""}
          </small>
        </dd>
      </div>
      <div className={`tally ${facts.findings.some((one) => !one.accepted) ? "tally-off" : ""}`}>
        <dt>open contradictions</dt>
        <dd>
          <Severities facts={facts} />
        </dd>
      </div>
    </dl>
  );
}

function Severities({ facts }: { readonly facts: Facts }) {
  const order = ["critical", "high", "medium", "low"] as const;
  const open = facts.findings.filter(({ accepted }) => accepted === undefined);
  if (open.length === 0) {
    return (
      <>
        <b>none</b>
        <small>nothing seen contradicts anything said or ordered</small>
      </>
    );
  }
  return (
    <ul className="severities">
      {order.map((severity) => {
        const count = open.filter((finding) => finding.severity === severity).length;
        return count === 0 ? null : (
          <li key={severity} className={`severity severity-${severity}`}>
            <b>{count}</b> {severity}
          </li>
        );
      })}
    </ul>
  );
}

function Contradictions({ facts, now }: { readonly facts: Facts; readonly now: number }) {
  const rest = facts.findings.length - shownMax;
  return (
    <section aria-labelledby="contradictions">
      <h2 id="contradictions">What does not meet</h2>
      {facts.findings.slice(0, shownMax).map((finding) => (
        <Contradiction
          key={`${finding.rule} ${finding.host} ${finding.where} ${finding.right.says}`}
          finding={finding}
          now={now}
        />
      ))}
      {rest > 0 ? (
        <p>
          <Link to="/findings">{countText(rest, "more contradiction")}</Link>
        </p>
      ) : null}
    </section>
  );
}

function UnderWay({ facts, now }: { readonly facts: Facts; readonly now: number }) {
  const open = openWrits(facts.writs);
  if (open.length === 0) return null;
  return (
    <section aria-labelledby="under-way">
      <h2 id="under-way">Orders under way</h2>
      <ul className="rows">
        {open.slice(0, shownMax).map((writ) => (
          <li key={writ.digest}>
            <Link to="/writs/$digest" params={{ digest: writ.digest }} className="row">
              <span className="voice voice-writ">
                {writ.action} {writ.component}: {writ.from.join(", ")}
                {writ.to === undefined ? "" : ` → ${writ.to}`}
              </span>
              <span className={`state state-${writ.state}`}>{writ.state}</span>
              <span className="faint">
                {writ.proposed.time === null
                  ? "just proposed"
                  : `proposed ${agoText(writ.proposed.time, now)}`}
                , expires {agoText(Date.parse(writ.expires), now)}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
