/** What is gathered from a document while it is read. */
import type { Json } from "../encoding/canonical-json.ts";
import { type Refused, refused } from "../encoding/refusal.ts";
import type { Component, Lifecycle, RegisterDocument, Release } from "../register/document.ts";
import { releaseKey } from "../register/register.ts";
import { type Imported, type Left, leftUnknown } from "./bill.ts";

type Writable<T> = { -readonly [K in keyof T]: T[K] };
/** A release of which an importer fills in what it finds. */
export type GatheredRelease = Writable<Release>;
/** A component; its owner may not be known. */
export type GatheredComponent = Writable<Omit<Component, "owner">> & { owner?: string };

export class Harvest {
  readonly components = new Map<string, GatheredComponent>();
  readonly releases = new Map<string, GatheredRelease>();
  /** What the document itself says of a release's lifecycle, by its key. */
  readonly lifecycles = new Map<string, Lifecycle>();
  /** By the document's own references: which release is meant. */
  readonly references = new Map<string, GatheredRelease>();
  /** Placements, controls and hosts. */
  readonly documents: RegisterDocument[] = [];
  readonly left: Left[] = [];

  /** Adds what is said of a component; the first to say a thing of it is the one that counts. */
  addComponent(coming: GatheredComponent, at: string): Refused | undefined {
    const known = this.components.get(coming.component);
    if (known === undefined) {
      this.components.set(coming.component, coming);
      return undefined;
    }
    if ((known.name ?? known.component) !== (coming.name ?? coming.component)) {
      return refused(
        "conflicting-register",
        `two components would have the id ${coming.component}: rename one in the document`,
      );
    }
    for (const [member, value] of Object.entries(coming) as [keyof Component, Json][]) {
      if (known[member] === undefined) Object.assign(known, { [member]: value });
      else if (known[member] !== value) {
        this.left.push({ at, why: `${coming.component} has another ${member} already` });
      }
    }
    return undefined;
  }

  addRelease(release: GatheredRelease, reference: string | undefined): Refused | undefined {
    const key = releaseKey(release.component, release.release);
    if (this.releases.has(key)) {
      return refused("conflicting-register", `release ${key} stands twice`);
    }
    this.releases.set(key, release);
    if (reference !== undefined) this.references.set(reference, release);
    return undefined;
  }

  /** All that was found; `unread` are pointers of what nobody asked for. */
  finish(unread: readonly string[]): Imported {
    const components = [...this.components.values()];
    return {
      documents: [
        ...components.map((one) => ({ owner: "", ...one }) satisfies Component),
        ...this.releases.values(),
        ...this.documents,
      ],
      ownerless: components.flatMap((one) => (one.owner === undefined ? [one.component] : [])),
      lifecycles: this.lifecycles,
      left: [
        ...this.left,
        ...unread
          .filter((at) => !this.left.some((one) => one.at === at))
          .map((at) => ({ at, why: leftUnknown })),
      ],
    };
  }
}
