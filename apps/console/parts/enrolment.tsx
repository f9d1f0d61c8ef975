/** Makes a passkey for a person. It counts for nothing until the trust root's quorums name it. */
import type { TrustRootDocument } from "@writ/core";
import { isRefused, type Refused } from "@writ/core/encoding";
import { type ReactNode, useState } from "react";
import { type Enrolled, makePasskey } from "../signing/passkey.ts";

export function Enrolment({ document }: { readonly document: TrustRootDocument }): ReactNode {
  const people = document.principals.flatMap(({ name, kind }) => (kind === "human" ? [name] : []));
  const [person, setPerson] = useState(people[0] ?? "");
  const [made, setMade] = useState<Enrolled | Refused | "waiting">();
  if (document.passkeys === undefined) {
    return (
      <section aria-labelledby="enrolment">
        <h2 id="enrolment">Passkeys</h2>
        <p className="faint">
          The trust root says nothing of passkeys yet: <code>./writ trust propose --help</code>.
        </p>
      </section>
    );
  }
  const quorum = document.amendment
    .map(({ group, threshold }) => `${threshold} of ${group}`)
    .join(" and ");
  const make = async () => {
    setMade("waiting");
    setMade(await makePasskey(person));
  };
  return (
    <section aria-labelledby="enrolment">
      <h2 id="enrolment">Make a passkey</h2>
      <p>
        On the device that you will sign with. It counts once the trust root names it, which{" "}
        {quorum} must sign.
      </p>
      <p className="buttons">
        <label>
          I am{" "}
          <select value={person} onChange={({ target }) => setPerson(target.value)}>
            {people.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <button
          type="button"
          className="button"
          disabled={made === "waiting"}
          onClick={() => void make()}
        >
          Make a passkey
        </button>
      </p>
      <div role="status">{made === undefined ? null : <Outcome person={person} made={made} />}</div>
    </section>
  );
}

type OutcomeParts = { readonly person: string; readonly made: Enrolled | Refused | "waiting" };

function Outcome({ person, made }: OutcomeParts) {
  if (made === "waiting") return <p className="faint">Waiting for your authenticator…</p>;
  if (isRefused(made)) return <p className="proven-bad">Not enrolled: {made.detail}.</p>;
  const name = `${person}.passkey.json`;
  const save = () => {
    const file = new Blob([JSON.stringify(made.registration)], { type: "application/json" });
    const link = window.document.createElement("a");
    link.href = URL.createObjectURL(file);
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <>
      <p className={made.software === undefined ? "proven-good" : "cell-high"}>
        {made.software === undefined
          ? `Its maker vouches for it (${made.aaguid}).`
          : `It counts as a key in software: ${made.software}.`}
      </p>
      <p className="buttons">
        <button type="button" className="button" onClick={save}>
          Save {name}
        </button>
        <span>
          and draft the next trust root with it:{" "}
          <code>
            ./writ trust enrol {name} --person {person} --into next.yaml
          </code>
        </span>
      </p>
    </>
  );
}
