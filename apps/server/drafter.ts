/** Drawing a writ for a person or an agent to propose: an offer, which binds nobody. */
import {
  barredBy,
  draw,
  type Estate,
  encodeWrit,
  isRefused,
  type Order,
  type Refused,
  refused,
  seatsFor,
  type Writ,
} from "@writ/core";
import { cedarEngine } from "@writ/node";

export type DraftAsked = Order & {
  readonly reason: string;
  readonly proposer: string;
  readonly expiresInSeconds: number;
};

/** The canonical bytes of a writ that follows from the estate. `nonce`: 16 bytes of chance. */
export function draftWrit(
  estate: Estate,
  asked: DraftAsked,
  nonce: Uint8Array,
): Uint8Array | Refused {
  const { root, id } = estate;
  if (root === undefined || id === undefined) {
    return refused("no-trust-root", "there is no estate yet");
  }
  const { action, component, from, to, reason, proposer, expiresInSeconds } = asked;
  if (seatsFor(root, action) === undefined) {
    return refused("wrong-role", `the trust root lets nobody order a ${action}`);
  }
  const kind = root.principals.get(proposer)?.kind;
  if (kind !== "human" && kind !== "agent") {
    return refused("wrong-role", "the proposer is no human or agent of the trust root");
  }
  const barred = barredBy(
    root,
    { name: proposer, act: "propose", order: action, component, proposer },
    cedarEngine,
  );
  if (barred !== undefined) return barred;
  // Expiry is judged by witnessed time: counted from anything else it would mean nothing.
  if (estate.time === 0) return refused("unavailable", "no witness has told the time yet");
  const order: Order = {
    action,
    component,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
  const drawn = draw(estate.register, order, root.document.watchSeconds);
  if (isRefused(drawn)) return drawn;
  const writ: Writ = {
    version: 1,
    estate: id,
    root: root.digest,
    action,
    component,
    ...drawn,
    reason,
    proposer,
    nonce: Buffer.from(nonce).toString("hex"),
    expires: new Date(estate.time + expiresInSeconds * 1000).toISOString(),
  };
  return encodeWrit(writ);
}
