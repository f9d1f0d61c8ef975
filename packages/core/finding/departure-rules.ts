/** Register × observation, for weights that leave a host over the network. */
import type { Digest } from "../encoding/digest.ts";
import type { Estate } from "../estate/estate.ts";
import { type Copy, copiesIn, copyWords } from "../register/copies.ts";
import { releaseKey } from "../register/register.ts";
import type { Departure } from "../sight/departures.ts";
import type { Carried, Flow, Party } from "../sight/flow.ts";
import type { HostSight } from "../sight/host-sight.ts";
import type { Case } from "./finding.ts";
import { named } from "./stray-rules.ts";

/** Less is a table of contents, a header, a few answers. */
const sentBytesMin = 256 * 1024;
/** Of what was carried: a transfer under way, or one of a part. */
const sentPart = 1 / 2;
/** A server answers what it is asked; what sends a hundred times what came in was not answering. */
const answerRatio = 100;

/**
 * About as many bytes as registered weights have went out of a process that had them open, or out
 * of one that such a process feeds. It says what was seen: nobody read what went.
 */
export function* weightsLeaving(estate: Estate): Iterable<Case> {
  for (const sight of estate.sights.values()) {
    const all = [...sight.departures.values()].flatMap((departure) =>
      registeredIn(estate, departure.flow).map((found) => ({ departure, ...found })),
    );
    const totals = totalsOf(all);
    const told = new Set<string>();
    for (const one of all) {
      const { departure, seen, copy } = one;
      const { flow } = departure;
      const key = transferKey(one);
      if (told.has(key)) continue;
      const sent = totals.get(key) ?? 0;
      if (!isTransfer(seen, { flow, sent })) continue;
      if (flow.accepted && isOwnService(estate, sight, { flow, seen })) continue;
      if (isMeant(estate, sight, { flow, copy })) continue;
      told.add(key);
      yield caseOf(estate, sight, { ...one, sent });
    }
  }
}

/**
 * One transfer: of one content, by one process. An upload in parts takes many ways at once; answers
 * go to many who asked, and each is looked at by itself.
 */
function transferKey({ departure, of }: Told): string {
  const { accepted, local, remote, parties } = departure.flow;
  const own = parties.find(({ how }) => how === "itself");
  return [own?.pid, own?.started, of, ...(accepted ? [local, remote] : [])].join(" ");
}

function totalsOf(all: readonly Told[]): ReadonlyMap<string, number> {
  const totals = new Map<string, number>();
  for (const one of all) {
    if (!isRead(one.seen)) continue;
    const key = transferKey(one);
    totals.set(key, (totals.get(key) ?? 0) + (one.departure.flow.sent ?? 0));
  }
  return totals;
}

type Found = { readonly of: Digest; readonly seen: Carried; readonly copy: Copy };
type Told = Found & { readonly departure: Departure };

/** Registered content among what was carried, each once. */
function registeredIn(estate: Estate, { carried }: Flow): readonly Found[] {
  const found = carried.flatMap((seen) =>
    copiesIn(estate.register, seen).map((copy) => [copy.of, { of: copy.of, seen, copy }] as const),
  );
  return [...new Map(found).values()];
}

/** A file that was opened and not read went nowhere; one that is mapped does not tell. */
function isRead({ how, position }: Carried): boolean {
  return how === "mapped" || position !== 0;
}

function isTransfer(
  seen: Carried,
  { flow, sent }: { readonly flow: Flow; readonly sent: number },
): boolean {
  if (!isRead(seen) || sent < Math.max(sentBytesMin, seen.size * sentPart)) return false;
  return !flow.accepted || sent >= (flow.received ?? 0) * answerRatio;
}

/** True for answers of a registered service, also through a relay: what it sends is its work. */
function isOwnService(
  estate: Estate,
  { host, latest }: HostSight,
  { flow, seen }: { readonly flow: Flow; readonly seen: Carried },
): boolean {
  const ports = new Set(
    [...estate.register.placements.values()].flatMap(({ document }) =>
      document.document === "service" && document.host === host ? document.ports : [],
    ),
  );
  const holder = flow.parties.find(({ pid }) => pid === seen.pid);
  if (holder?.how === "itself") {
    return ports.has(Number(flow.local.slice(flow.local.lastIndexOf(":") + 1)));
  }
  const process = latest?.census.processes.find(({ pid }) => pid === seen.pid);
  return holder?.how === "loopback" && process?.listens.some((one) => ports.has(one)) === true;
}

/** True if humans registered that this release may go there. */
function isMeant(
  estate: Estate,
  { host }: HostSight,
  { flow, copy }: { readonly flow: Flow; readonly copy: Copy },
): boolean {
  const outlets = estate.register.hosts.get(host)?.document.outlets ?? [];
  return outlets.some(
    ({ to, component, release }) =>
      copy.releases.has(releaseKey(component, release)) &&
      (to.endsWith("*") ? flow.remote.startsWith(to.slice(0, -1)) : flow.remote === to),
  );
}

function caseOf(estate: Estate, sight: HostSight, told: Told & { readonly sent: number }): Case {
  const { departure, seen, copy, of, sent } = told;
  const { flow, since, index } = departure;
  const releases = [...copy.releases].join(", ");
  const sender = flow.parties.find(({ how }) => how === "itself");
  const holder = flow.parties.find(({ pid }) => pid === seen.pid);
  return {
    host: sight.host,
    where: `${partyText(sender)} to ${flow.remote}`,
    ...named(copy.releases),
    since,
    left: { kind: "register", says: `${releases} ${placesOf(estate, sight, of)}` },
    right: {
      kind: "observation",
      says:
        `${sent} bytes went out to ${flow.remote}${endedText(flow)} of ` +
        `${holderText(sender, holder)}, which had ${seen.path} ${readText(seen)}: ` +
        copyWords(copy, releases),
      entry: index,
    },
    // How much it is by now, and how far it was read, changes while it goes on.
    gist: `${releases} went to ${flow.remote} from ${partyText(sender)} by ${seen.path}`,
    advice:
      "Find out who sent it and what lies there now. If it was meant, register the other side as " +
      "an outlet of this host.",
  };
}

/** What the register has of that content on this host. */
function placesOf(estate: Estate, { host }: HostSight, of: Digest): string {
  const isPlaced = [...estate.register.placements.values()].some(({ document }) => {
    if (document.document !== "file" || document.host !== host) return false;
    const key = releaseKey(document.component, document.release);
    const known = estate.register.releases.get(key)?.document.artefacts ?? [];
    return known.find(({ name }) => name === document.artefact)?.digest === of;
  });
  return isPlaced
    ? `belongs to ${host}, and may leave it by no outlet to there`
    : `is not placed on ${host}, and may leave it by no outlet to there`;
}

function holderText(sender: Party | undefined, holder: Party | undefined): string {
  if (holder === undefined || holder.how === "itself") return partyText(sender);
  const ways = {
    itself: "",
    pipe: "fed by a pipe from",
    parent: "started by",
    child: "served by its child",
    loopback: "fed over loopback from",
  } as const;
  return `${partyText(sender)}, ${ways[holder.how]} ${partyText(holder)}`;
}

function partyText(party: Party | undefined): string {
  if (party === undefined) return "a process that has gone";
  return `pid ${party.pid} (${party.command}) of user ${party.user}`;
}

function readText({ how, position, size }: Carried): string {
  if (how === "mapped" || position === undefined) return "mapped";
  return `open, read to ${Math.min(100, Math.floor((position / Math.max(1, size)) * 100))} %`;
}

function endedText({ open }: Flow): string {
  return open ? "" : " (ended)";
}
