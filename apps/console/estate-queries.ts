/** What the pages ask for, kept fresh by the server's own news. */

import { QueryClient, useQuery } from "@tanstack/react-query";
import { isRefused, type Refused } from "@writ/core/encoding";
import { useSyncExternalStore } from "react";
import {
  ask,
  type EstateGlance,
  type FindingTold,
  type HostTold,
  type ProceedingTold,
  type RegisterTold,
  told,
  type WritSummary,
} from "./server-connection.ts";
import type { JournalWatch } from "./verify/journal-watch.ts";

const pinName = "writ.pin";

let opened: Promise<JournalWatch> | undefined;

/** What checks the journal here. Its code comes later: the first look does not wait for it. */
function watching(): Promise<JournalWatch> {
  opened ??= import("./verify/journal-watch.ts").then(
    (code) =>
      new code.JournalWatch({
        ask,
        now: Date.now,
        pins: {
          read: () => code.parsePin(localStorage.getItem(pinName)),
          write: (pin) => localStorage.setItem(pinName, JSON.stringify(pin)),
        },
      }),
  );
  return opened;
}

export const queries: QueryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: 1, retryDelay: 500, staleTime: 2_000, refetchOnWindowFocus: true },
  },
});

/** What the browser caught. It stays on every page until the tab is closed. */
const caught: Refused[] = [];
const listeners = new Set<() => void>();
let caughtNow: readonly Refused[] = [];

/** Refusals that only mean "not now"; any other says that the server's answer is not so. */
const harmless: ReadonlySet<string> = new Set(["unavailable", "no-trust-root", "overloaded"]);

/** Notes a refusal if it tells of an answer that cannot be true. */
export function noteRefusal(refusal: Refused): void {
  if (harmless.has(refusal.refused)) return;
  if (caught.some(({ detail }) => detail === refusal.detail)) return;
  caught.push(refusal);
  caughtNow = [...caught];
  for (const listener of listeners) listener();
}

export function useCaught(): readonly Refused[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => caughtNow,
  );
}

async function checked() {
  const watch = await watching();
  const standing = await watch.check();
  if (isRefused(standing)) noteRefusal(standing);
  return standing;
}

async function proven(index: number) {
  const watch = await watching();
  const standing = watch.standing ?? (await checked());
  if (isRefused(standing)) return standing;
  if (index >= standing.cosigned.size) await checked();
  const entry = await watch.prove(index);
  if (isRefused(entry)) noteRefusal(entry);
  return entry;
}

const everySoOften = 20_000;

export const useStanding = () =>
  useQuery({ queryKey: ["standing"], queryFn: checked, refetchInterval: everySoOften });
export const useProven = (index: number | undefined) =>
  useQuery({
    queryKey: ["proven", index],
    queryFn: () => proven(index!),
    enabled: index !== undefined,
    refetchInterval: ({ state }) => (isRefused(state.data ?? {}) ? 3_000 : false),
  });
export const useEstate = () =>
  useQuery({
    queryKey: ["estate"],
    queryFn: () => told<EstateGlance>("/api/estate"),
    refetchInterval: everySoOften,
  });
export const useRegister = () =>
  useQuery({ queryKey: ["register"], queryFn: () => told<RegisterTold>("/api/register") });
export const useFindings = () =>
  useQuery({
    queryKey: ["findings"],
    queryFn: () => told<readonly FindingTold[]>("/api/findings"),
    refetchInterval: everySoOften,
  });
export const useHosts = () =>
  useQuery({ queryKey: ["hosts"], queryFn: () => told<readonly HostTold[]>("/api/hosts") });
export const useWrits = () =>
  useQuery({ queryKey: ["writs"], queryFn: () => told<readonly WritSummary[]>("/api/writs") });
export const useWrit = (digest: string) =>
  useQuery({
    queryKey: ["writ", digest],
    queryFn: () => told<ProceedingTold>(`/api/writs/${encodeURIComponent(digest)}`),
  });
export const useBlob = (digest: string) =>
  useQuery({
    queryKey: ["blob", digest],
    queryFn: () => ask(`/api/blobs/${encodeURIComponent(digest)}`),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** News come in bursts; pages are asked for anew at most so often. */
const gatherMilliseconds = 400;

export type Line = "open" | "lost";
let line: Line = "open";

/** Whether the server's news arrive. */
export function useLine(): Line {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => line,
  );
}

/** Listens to the server's news: a hint to look again, never evidence. */
export function follow(): void {
  const source = new EventSource("/api/events");
  let isGathering = false;
  const again = () => {
    if (isGathering) return;
    isGathering = true;
    setTimeout(() => {
      isGathering = false;
      void queries.invalidateQueries({
        predicate: ({ queryKey: [kind] }) => kind !== "proven" && kind !== "blob",
      });
    }, gatherMilliseconds);
  };
  const turn = (now: Line) => {
    if (line === now) return;
    line = now;
    for (const listener of listeners) listener();
    if (now === "open") again();
  };
  for (const name of ["entry", "writ", "findings"]) source.addEventListener(name, again);
  source.addEventListener("open", () => turn("open"));
  source.addEventListener("error", () => turn("lost"));
}
