/** Any register that admission lets in, for round trips. */
import fc from "fast-check";
import { toUtf8 } from "../../encoding/bytes.ts";
import { digestOf } from "../../encoding/digest.ts";
import { isRefused } from "../../encoding/refusal.ts";
import type { Component, RegisterDocument, Release } from "../../register/document.ts";
import {
  componentKinds,
  lifecycles,
  registerDocument,
  vulnerabilityStates,
} from "../../register/document.ts";

const id = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:@+-]{0,20}$/);
/** Text as hostile as a register takes it; lone surrogates are no text in JSON. */
const words = fc.oneof(
  fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" }),
  fc.constantFrom("__proto__", "</script>", "a\u0000b", "\u202e", '"', "\\", "ünï", "MIT"),
);
const some = <T>(item: fc.Arbitrary<T>) => fc.array(item, { minLength: 1, maxLength: 4 });
const severity = fc.constantFrom("critical", "high", "medium", "low");
const instant = fc
  .date({ min: new Date("2000-01-01"), max: new Date("2090-01-01"), noInvalidDate: true })
  .map((date) => date.toISOString());

const vulnerability = fc.record(
  {
    id: words,
    state: fc.constantFrom(...vulnerabilityStates),
    source: words,
    severity,
    found: fc.oneof(instant, words),
    detail: words,
  },
  { requiredKeys: ["id", "state"] },
);
const defect = fc.record(
  { what: words, found: instant, source: words, severity },
  { requiredKeys: ["what", "found"] },
);

const component = fc.record(
  {
    document: fc.constant("component" as const),
    component: id,
    kind: fc.constantFrom(...componentKinds),
    owner: words,
    purpose: words,
    name: words,
    publisher: words,
  },
  { requiredKeys: ["document", "component", "kind", "owner"] },
);

const artefact = fc.record(
  {
    name: words,
    digest: words.map((text) => digestOf(toUtf8(text))),
    size: fc.nat(),
    xet: words.map((text) => digestOf(toUtf8(text)).slice("sha256:".length)),
  },
  { requiredKeys: ["name", "digest", "size"] },
);

const release = fc.record(
  {
    document: fc.constant("release" as const),
    component: id,
    release: id,
    artefacts: fc.uniqueArray(artefact, { maxLength: 3, selector: ({ name }) => name }),
    lifecycle: fc.constantFrom(...lifecycles.filter((one) => one !== "destroyed")),
    source: fc.oneof(words, fc.constant("https://example.org/m?a=1#b")),
    commit: words,
    purl: words,
    licences: some(fc.oneof(words, fc.constant("MIT OR Apache-2.0"))),
    intendedUse: some(words),
    limits: some(words),
    training: some(words),
    derivedFrom: some(fc.record({ what: words, how: words }, { requiredKeys: ["what"] })),
    defects: some(defect),
    vulnerabilities: fc.uniqueArray(vulnerability, {
      minLength: 1,
      maxLength: 3,
      selector: ({ id: name }) => name,
    }),
  },
  { requiredKeys: ["document", "component", "release", "artefacts", "lifecycle"] },
);

const host = fc.record({
  document: fc.constant("host" as const),
  host: id,
  owner: words,
  blindSpots: fc.constant([]),
});

const control = fc.record({
  document: fc.constant("control" as const),
  control: id,
  host: id,
  component: id,
  reading: fc.record({ format: fc.constant("env" as const), path: fc.constant("/etc/a b") }),
  expected: words,
});

/** Documents of which every reference is met, in the order in which an export has them. */
export const anyRegister: fc.Arbitrary<readonly RegisterDocument[]> = fc
  .tuple(
    fc.uniqueArray(component, { minLength: 1, maxLength: 4, selector: (one) => one.component }),
    fc.array(release, { maxLength: 5 }),
    fc.uniqueArray(host, { maxLength: 2, selector: (one) => one.host }),
    fc.uniqueArray(control, { maxLength: 2, selector: (one) => one.control }),
  )
  .map(([components, releases, hosts, controls]) => {
    // A name that is the id says nothing more, and does not come back.
    for (const one of components) if (one.name === one.component) delete one.name;
    const names = components.map((one) => one.component);
    const known = new Set<string>();
    const owned = releases.flatMap((one, at): readonly Release[] => {
      const of = names[at % names.length]!;
      const key = `${of}@${one.release}`;
      if (known.has(key)) return [];
      known.add(key);
      const lifecycle = one.artefacts.length === 0 ? "proposed" : one.lifecycle;
      return [{ ...one, component: of, lifecycle } as Release];
    });
    return [
      ...(components as readonly Component[]),
      ...owned,
      ...(controls.map((one, at) => ({
        ...one,
        component: names[at % names.length]!,
      })) as unknown as readonly RegisterDocument[]),
      ...hosts,
    ].map((document) => {
      const read = registerDocument(JSON.parse(JSON.stringify(document)), "document");
      if (isRefused(read)) throw new Error(read.detail);
      return read;
    });
  });
