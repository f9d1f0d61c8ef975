/**
 * What a human reads before signing a writ: a pure function of the exact bytes that are signed.
 * Whole, nothing cut; every member of the document stands in it; text from outside is inert. The
 * same on every renderer, so that what one screen shows can be held against another.
 */
import type { Digest } from "../encoding/digest.ts";
import { digestOf } from "../encoding/digest.ts";
import { inert, inertAscii } from "../encoding/inert.ts";
import { isRefused, type Refused, unreachable } from "../encoding/refusal.ts";
import type { ServiceManager } from "../register/document.ts";
import { phraseOf } from "./phrase.ts";
import { headingOf, linesOf } from "./rendering-deployment.ts";
import type { RemoveFile, ServiceStep, Step, SwitchLink } from "./step.ts";
import { type Place, parseWrit, type Writ, type WritRelease } from "./writ.ts";

/** One line: a label that Writ wrote, and a text that may be from outside and is inert. */
export type RenderedLine = { readonly label: string; readonly text: string };

export type RenderedSection = {
  readonly heading: string;
  readonly lines: readonly RenderedLine[];
};

export type RenderedWrit = {
  readonly digest: Digest;
  /** Digest of the estate's first trust root: whoever signs compares it with their own. */
  readonly estate: Digest;
  readonly phrase: readonly string[];
  /** The order in one line: `rollback chatbot: 4.2 -> 3.8`. */
  readonly title: string;
  readonly sections: readonly RenderedSection[];
};

/** Renders a writ from its bytes; refuses bytes that are no writ. */
export function renderWrit(bytes: Uint8Array): RenderedWrit | Refused {
  const writ = parseWrit(bytes);
  if (isRefused(writ)) return writ;
  const digest = digestOf(bytes);
  return {
    digest,
    estate: writ.estate,
    phrase: phraseOf(digest),
    title: titleOf(writ),
    sections: [
      orderOf(writ),
      ...writ.from.map((release) => releaseOf("leaves", release)),
      ...(writ.to === undefined ? [] : [releaseOf("goes to", writ.to)]),
      ...writ.steps.map((step, at) => stepOf(step, `step ${at + 1} of ${writ.steps.length}`)),
      ...writ.inventory.map((place, at) =>
        placeOf(place, `place ${at + 1} of ${writ.inventory.length}`),
      ),
      verificationOf(writ),
    ],
  };
}

/** The order in one line, for lists: `rollback chatbot: 4.2 -> 3.8`. */
export function titleOf({ action, component, from, to }: Writ): string {
  const whole = `${action} ${inertAscii(component)}`;
  if (from.length === 0 && to === undefined) return whole;
  const leaving = from.map(({ release }) => inertAscii(release)).join(", ");
  const going = to === undefined ? "" : ` -> ${inertAscii(to.release)}`;
  return `${whole}: ${leaving}${going}`;
}

/** The rendering as plain text, lines ending in newlines: headings, then indented lines. */
export function renderedText(rendered: RenderedWrit): string {
  const half = Math.ceil(rendered.phrase.length / 2);
  const head = [
    rendered.title,
    "",
    `  phrase  ${rendered.phrase.slice(0, half).join(" ")}`,
    `          ${rendered.phrase.slice(half).join(" ")}`,
    `  digest  ${rendered.digest}`,
  ];
  const body = rendered.sections.flatMap(({ heading, lines }) => {
    const width = Math.max(...lines.map(({ label }) => label.length));
    return ["", heading, ...lines.map(({ label, text }) => `  ${label.padEnd(width)}  ${text}`)];
  });
  return `${[...head, ...body].join("\n")}\n`;
}

/** Seconds as a person says them, exactly: `1 h 30 min`. */
export function spokenSeconds(seconds: number): string {
  const parts: string[] = [];
  let left = seconds;
  for (const [unit, size] of [
    ["d", 86_400],
    ["h", 3600],
    ["min", 60],
    ["s", 1],
  ] as const) {
    if (left >= size) parts.push(`${Math.floor(left / size)} ${unit}`);
    left %= size;
  }
  return parts.length === 0 ? "0 s" : parts.join(" ");
}

/** A count with groups of three digits: `8,000,000`. */
export function spokenCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** What an action that goes to no release does. */
const nowhere: { readonly [A in Writ["action"]]: string } = {
  rollback: "no release",
  replace: "no release",
  decommission: "no release: it is taken away",
  quarantine: "no release: it is stopped, and kept to be looked into",
  restore: "no release: its controls are set as registered",
  rotate: "no release: all that runs of it is started anew",
};

function orderOf(writ: Writ): RenderedSection {
  return {
    heading: "order",
    lines: [
      line("action", writ.action),
      line("component", writ.component),
      line("from", writ.from.map(({ release }) => release).join(", ") || "no release"),
      line("to", writ.to?.release ?? nowhere[writ.action]),
      { label: "reason", text: inert(writ.reason) },
      line("proposed by", writ.proposer),
      line("expires", writ.expires),
      line("estate", writ.estate),
      line("trust root", writ.root),
      line("nonce", writ.nonce),
      line("version", String(writ.version)),
    ],
  };
}

function releaseOf(role: string, { release, artefacts }: WritRelease): RenderedSection {
  return {
    heading: `${role} release ${inertAscii(release)}`,
    lines: artefacts.flatMap(({ name, digest, size }) => [
      line("file", name),
      line("  size", `${spokenCount(size)} bytes`),
      line("  content", digest),
    ]),
  };
}

function stepOf(step: Step, number: string): RenderedSection {
  const where = [line("on host", step.host), line("placement", step.placement)];
  switch (step.step) {
    case "switch-link":
      return {
        heading: `${number}: switch ${step.line === undefined ? "a link" : "a config line"}`,
        lines: [...where, ...switchLines(step)],
      };
    case "remove-file":
      return { heading: `${number}: remove a file`, lines: [...where, ...removeLines(step)] };
    case "switch-deployment":
    case "stop-deployment":
    case "restart-deployment":
    case "remove-deployment":
    case "remove-stored":
    case "set-control":
      return { heading: `${number}: ${headingOf(step)}`, lines: [...where, ...linesOf(step)] };
    case "stop-service":
    case "start-service":
    case "restart-service": {
      const verb = step.step.slice(0, -"-service".length);
      return { heading: `${number}: ${verb} a service`, lines: [...where, ...serviceLines(step)] };
    }
    default:
      return unreachable(step);
  }
}

function switchLines({ path, line: at, before, after }: SwitchLink): readonly RenderedLine[] {
  return [
    line("path", path),
    ...(at === undefined ? [] : [line("format", at.format), line("key", at.key)]),
    line("before", before),
    line("after", after),
  ];
}

function removeLines({ path, digest, size }: RemoveFile): readonly RenderedLine[] {
  return [
    line("path", path),
    line("if its size is", `${spokenCount(size)} bytes`),
    line("and its content", digest),
  ];
}

function serviceLines({ service }: ServiceStep): readonly RenderedLine[] {
  return managerLines(service);
}

function managerLines(service: ServiceManager): readonly RenderedLine[] {
  switch (service.manager) {
    case "systemd":
      return [line("systemd unit", service.unit)];
    case "process":
      return [
        // One line an argument: where one ends and the next begins is part of the order.
        ...service.command.map((argument, at) => line(`argument ${at}`, argument)),
        line("directory", service.directory),
        line("pid file", service.pidFile),
        line("log file", service.logFile),
        line("stops within", spokenSeconds(service.stopSeconds)),
      ];
    default:
      return unreachable(service);
  }
}

function placeOf(place: Place, number: string): RenderedSection {
  return {
    heading: `${number}: ${place.kind} ${inertAscii(place.placement)}`,
    lines: [
      line("on host", place.host),
      ...(place.release === undefined ? [] : [line("release", place.release)]),
      ...(place.path === undefined ? [] : [line("path", place.path)]),
      line("as registered", place.document),
    ],
  };
}

function verificationOf({ verification }: Writ): RenderedSection {
  const { hosts, vantages, blindSpots, watchSeconds } = verification;
  return {
    heading: "must be seen afterwards",
    lines: [
      ...hosts.map((host) => line("on host", host)),
      line("through", vantages.join(", ")),
      ...blindSpots.map(({ host, spot }) =>
        line("not seen", `${host}: ${spot.vantage}: ${spot.where} (${spot.why})`),
      ),
      line("watched for", spokenSeconds(watchSeconds)),
    ],
  };
}

/** Ids, paths, arguments: in ASCII, so that a look-alike letter shows. */
function line(label: string, text: string): RenderedLine {
  return { label, text: inertAscii(text) };
}
