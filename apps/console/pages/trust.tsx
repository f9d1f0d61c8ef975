/** Who may say what: from the trust root that this browser followed itself. */
import type { TrustRootDocument } from "@writ/core";
import { isRefused } from "@writ/core/encoding";
import type { ReactNode } from "react";
import { useEstate, useStanding } from "../estate-queries.ts";
import { Waiting } from "../parts/answers.tsx";
import { useNow } from "../parts/clock.tsx";
import { Enrolment } from "../parts/enrolment.tsx";
import { StandingDetails } from "../parts/standing-line.tsx";
import { agoText } from "../words.ts";

export function TrustPage(): ReactNode {
  const { data } = useStanding();
  return (
    <>
      <h1>Trust</h1>
      <p className="lead">
        Who may sign, and how many must. Read from the journal by this browser, from the first trust
        root on.
      </p>
      {data === undefined ? (
        <Waiting />
      ) : isRefused(data) ? (
        <div className="no-answer" role="alert">
          <h2>Not verified</h2>
          <p>{data.detail}.</p>
        </div>
      ) : (
        <>
          <StandingDetails />
          <Quorums document={data.trustRoot.document} />
          <Principals document={data.trustRoot.document} />
          <Enrolment document={data.trustRoot.document} />
        </>
      )}
    </>
  );
}

type Parts = { readonly document: TrustRootDocument };

function Quorums({ document }: Parts) {
  const amendment = { action: "change this trust root", seats: document.amendment };
  return (
    <section aria-labelledby="quorums">
      <h2 id="quorums">Quorums</h2>
      <ul className="quorums">
        {[...document.quorums, amendment].map(({ action, seats }) => (
          <li key={action}>
            <b>{action}</b>:{" "}
            {seats.map(({ group, threshold }) => `${threshold} of ${group}`).join(" and ")}
          </li>
        ))}
        {document.groups.map(({ name, members }) => (
          <li key={name} className="faint">
            {name}: {members.join(", ")}
          </li>
        ))}
      </ul>
      {document.softwareKeys ? (
        <p className="faint">
          Software keys are admitted: whoever copies a key file can sign. Certificates say so.
        </p>
      ) : null}
    </section>
  );
}

function Principals({ document }: Parts) {
  const { data: estate } = useEstate();
  const now = useNow();
  const heard = (name: string) =>
    estate?.principals.find((principal) => principal.name === name)?.heard?.time;
  return (
    <section aria-labelledby="principals">
      <h2 id="principals">Principals</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">name</th>
            <th scope="col">kind</th>
            <th scope="col">keys</th>
            <th scope="col">last heard</th>
          </tr>
        </thead>
        <tbody>
          {document.principals.map(({ name, kind, keys, host }) => {
            const time = heard(name);
            return (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>
                  {kind}
                  {host === undefined ? "" : ` of ${host}`}
                </td>
                <td>{keys.map(({ type }) => type).join(", ")}</td>
                <td>{time === undefined || time === 0 ? "–" : agoText(time, now)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
