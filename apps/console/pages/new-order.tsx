/** Drafts an order: the plan and the places it covers are drawn from the register, then signed. */
import { useNavigate } from "@tanstack/react-router";
import { type Digest, digestOf, fromBase64 } from "@writ/core";
import { isRefused, type Refused, refused } from "@writ/core/encoding";
import { type FormEvent, type ReactNode, useState } from "react";
import { useRegister, useStanding } from "../estate-queries.ts";
import { Answered, Nothing } from "../parts/answers.tsx";
import { hasPasskeys, PasskeySignature } from "../parts/passkey-signature.tsx";
import { NotShown, RenderedOrder } from "../parts/rendered-writ.tsx";
import { posted, type RegisterTold } from "../server-connection.ts";

const actions = [
  ...(["rollback", "replace", "decommission"] as const),
  ...(["quarantine", "restore", "rotate"] as const),
];
/** Which actions leave a release, and which go to one. */
const leaves: ReadonlySet<string> = new Set(actions.slice(0, 4));
const goes: ReadonlySet<string> = new Set(actions.slice(0, 2));
const expiries = [
  [3_600, "in an hour"],
  [14_400, "in four hours"],
  [86_400, "in a day"],
  [604_800, "in a week"],
] as const;

type Order = {
  readonly action: (typeof actions)[number];
  readonly component: string;
  readonly from?: string;
  readonly to?: string;
  readonly reason: string;
  readonly proposer: string;
  readonly expiresInSeconds: number;
};
type Drawn = { readonly order: Order; readonly bytes: Uint8Array; readonly digest: Digest };

export function NewOrderPage(): ReactNode {
  const query = useRegister();
  return (
    <>
      <h1>Draft an order</h1>
      <p className="lead">
        Drawing it changes nothing. It is an order once it is proposed by signature, and has force
        once others have approved these very bytes.
      </p>
      <Answered query={query}>{(register) => <Draft register={register} />}</Answered>
    </>
  );
}

function Draft({ register }: { readonly register: RegisterTold }) {
  const { data: standing } = useStanding();
  const [drawn, setDrawn] = useState<Drawn | Refused>();
  const navigate = useNavigate();
  const names = register.components.flatMap(({ document }) =>
    document.document === "component" ? [document.component] : [],
  );
  if (names.length === 0) {
    return <Nothing title="Nothing is registered yet.">There is nothing to order about.</Nothing>;
  }
  if (standing === undefined || isRefused(standing)) {
    return <p className="faint">Checking the journal in this browser…</p>;
  }
  const { document } = standing.trustRoot;
  const people = document.principals.flatMap(({ name, kind }) => (kind === "human" ? [name] : []));
  const draw = async (order: Order) => setDrawn(await drawOrder(order));
  return (
    <>
      <OrderForm {...{ register, names, people }} onDraw={(order) => void draw(order)} />
      {drawn === undefined ? null : isRefused(drawn) ? (
        <NotShown refusal={drawn} />
      ) : (
        <>
          <RenderedOrder bytes={drawn.bytes} title="The order, as it would be signed" />
          <section className="how" aria-labelledby="how">
            <h2 id="how">To propose it</h2>
            {hasPasskeys(standing.trustRoot) ? (
              <PasskeySignature
                people={[drawn.order.proposer]}
                sayable={[
                  {
                    label: "Propose",
                    body: () => ({ kind: "proposal", writ: drawn.digest }),
                    blobs: [drawn.bytes],
                  },
                ]}
                confirm="I have read the order whole."
                onSaid={() =>
                  void navigate({ to: "/writs/$digest", params: { digest: drawn.digest } })
                }
              />
            ) : null}
            <p>On your own terminal, which draws it anew and shows it before you sign:</p>
            <pre>{commandOf(drawn.order)}</pre>
          </section>
        </>
      )}
    </>
  );
}

async function drawOrder(order: Order): Promise<Drawn | Refused> {
  const told = await posted<{ readonly writ: string; readonly digest: Digest }>(
    "/api/drafts",
    order,
  );
  if (isRefused(told)) return told;
  const bytes = fromBase64(told.writ);
  if (bytes === undefined || digestOf(bytes) !== told.digest) {
    return refused("wrong-blob", "the server's draft has another digest than it says");
  }
  return { order, bytes, digest: told.digest };
}

/** The same order for a shell. Everything that a person typed is quoted. */
function commandOf({ action, component, from, to, reason, proposer }: Order): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const releases = [from && `--from ${from}`, to && `--to ${to}`].filter(Boolean).join(" ");
  const rest = `--reason ${quoted(reason)} --as ${proposer}`;
  return `./writ order ${action} ${component} ${releases} ${rest}`;
}

type FormParts = {
  readonly register: RegisterTold;
  readonly names: readonly string[];
  readonly people: readonly string[];
  readonly onDraw: (order: Order) => void;
};

function OrderForm({ register, names, people, onDraw }: FormParts) {
  const [action, setAction] = useState<Order["action"]>("rollback");
  const [component, setComponent] = useState(names[0]!);
  const releases = register.releases.flatMap(({ document, lifecycle }) =>
    document.document === "release" && document.component === component
      ? [{ name: document.release, lifecycle }]
      : [],
  );
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "");
    onDraw({
      ...{ action, component, reason: text("reason"), proposer: text("proposer") },
      ...(text("from") === "" ? {} : { from: text("from") }),
      ...(text("to") === "" ? {} : { to: text("to") }),
      expiresInSeconds: Number(text("expires")),
    });
  };
  const marked = releases.map(({ name, lifecycle }) => [name, `${name} (${lifecycle})`] as const);
  // What one goes to is seldom what runs now.
  const active = new Set(releases.flatMap((one) => (one.lifecycle === "active" ? one.name : [])));
  const targets = [...marked].sort(([a], [b]) => Number(active.has(a)) - Number(active.has(b)));
  return (
    <form className="order-form" onSubmit={submit}>
      <Choice
        name="action"
        label="What"
        options={actions.map((one) => [one, one] as const)}
        onChoose={(value) => setAction(value as Order["action"])}
      />
      <Choice
        name="component"
        label="Of"
        options={names.map((one) => [one, one] as const)}
        onChoose={setComponent}
      />
      {leaves.has(action) ? (
        <Choice name="from" label="From" options={[["", "what runs now"], ...marked]} />
      ) : null}
      {goes.has(action) ? <Choice name="to" label="To" options={targets} /> : null}
      <label>
        <span>Reason</span>
        <textarea name="reason" required maxLength={4096} rows={2} />
      </label>
      <Choice
        name="expires"
        label="Expires"
        options={expiries.map(([seconds, says]) => [String(seconds), says] as const)}
      />
      <Choice
        name="proposer"
        label="Proposed by"
        options={people.map((one) => [one, one] as const)}
      />
      <button type="submit" className="button">
        Draw it
      </button>
    </form>
  );
}

type ChoiceParts = {
  readonly name: string;
  readonly label: string;
  readonly options: readonly (readonly [string, string])[];
  readonly onChoose?: (value: string) => void;
};

function Choice({ name, label, options, onChoose }: ChoiceParts) {
  return (
    <label>
      <span>{label}</span>
      <select name={name} onChange={({ target }) => onChoose?.(target.value)}>
        {options.map(([value, says]) => (
          <option key={value} value={value}>
            {says}
          </option>
        ))}
      </select>
    </label>
  );
}
