/** Signs with a passkey: who, on which device, and what came of it. */
import type { EntryBody, TrustRoot } from "@writ/core";
import { isRefused } from "@writ/core/encoding";
import { type ReactNode, useId, useState } from "react";
import { queries, useStanding } from "../estate-queries.ts";
import { passkeysOf, type Said, sayWithPasskey } from "../signing/passkey.ts";
import { useSigningPerson } from "../signing/signing-person.ts";

/** One thing that may be said: what its button reads, and what is signed. */
export type Sayable = {
  readonly label: string;
  readonly look?: "grave";
  readonly body: (person: string) => EntryBody;
  readonly blobs?: readonly Uint8Array[];
};

type Parts = {
  readonly sayable: readonly Sayable[];
  /** What a person confirms before the buttons work. */
  readonly confirm: string;
  /** People whose word counts; all with a passkey if absent. */
  readonly people?: readonly string[];
  readonly onSaid?: (index: number) => void;
};

export function PasskeySignature(parts: Parts): ReactNode {
  const { data: standing } = useStanding();
  if (standing === undefined || isRefused(standing)) {
    return <p className="faint">To sign here, this browser must have verified the journal.</p>;
  }
  return <Signature {...parts} root={standing.trustRoot} estate={standing.estate} />;
}

/** True if anyone can sign in a browser at all. */
export function hasPasskeys(root: TrustRoot): boolean {
  return root.document.passkeys !== undefined && passkeysOf(root).length > 0;
}

type Verified = { readonly root: TrustRoot; readonly estate: Said["estate"] };

function Signature({ sayable, confirm, people, onSaid, root, estate }: Parts & Verified) {
  const held = passkeysOf(root).filter(({ person }) => people?.includes(person) ?? true);
  const names = [...new Set(held.map(({ person }) => person))];
  const [person, choose] = useSigningPerson(names);
  const [isRead, setRead] = useState(false);
  const [state, setState] = useState<{ readonly says: string; readonly look: string }>();
  const field = useId();
  const relyingParty = root.document.passkeys?.relyingParty;
  if (relyingParty === undefined || names.length === 0) {
    return <p className="faint">Nobody who may answer has a passkey in the trust root.</p>;
  }
  const own = held.filter((passkey) => passkey.person === person);
  const sign = async ({ body, blobs = [] }: Sayable, passkey: (typeof held)[number]) => {
    setState({ says: "Waiting for your authenticator…", look: "waiting" });
    const said = await sayWithPasskey(passkey, relyingParty, { estate, body: body(person), blobs });
    if (isRefused(said)) {
      setState({ says: `Not signed: ${said.detail}.`, look: "bad" });
      return;
    }
    setState({ says: `Signed: entry ${said.index} of the journal.`, look: "good" });
    void queries.invalidateQueries({ predicate: ({ queryKey: [kind] }) => kind !== "blob" });
    onSaid?.(said.index);
  };
  return (
    <div className="signature">
      <label htmlFor={field}>I am</label>{" "}
      <select id={field} value={person} onChange={({ target }) => choose(target.value)}>
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <label className="confirm">
        <input
          type="checkbox"
          checked={isRead}
          onChange={({ target }) => setRead(target.checked)}
        />{" "}
        {confirm}
      </label>
      {own.map((passkey) => (
        <p key={passkey.key} className="buttons">
          {sayable.map((one) => (
            <button
              key={one.label}
              type="button"
              className={one.look === "grave" ? "button button-grave" : "button"}
              disabled={!isRead || state?.look === "waiting"}
              onClick={() => void sign(one, passkey)}
            >
              {one.label}
            </button>
          ))}
          <span className="faint">
            {passkey.custody} passkey <code>{passkey.key.slice(0, 8)}</code>
          </span>
        </p>
      ))}
      <p role="status" className={`proven-${state?.look ?? "waiting"}`}>
        {state?.says}
      </p>
    </div>
  );
}
