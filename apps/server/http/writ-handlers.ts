/** Writs over HTTP: their course as the fold has it, told with the times that witnesses gave. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import {
  currentState,
  type Estate,
  isRefused,
  mayBegin,
  type Proceeding,
  refused,
  seatsFor,
  type Verdict,
} from "@writ/core";
import { writRoutes } from "@writ/node/api";
import { witnessedTimeOf } from "../chronicle.ts";
import type { EstateFold } from "../fold.ts";
import { serveJson } from "./serve.ts";

export function writHandlers(app: OpenAPIHono, fold: EstateFold): void {
  serveJson(app, writRoutes.writsRoute, ({ query }) => {
    const all = [...fold.estate.proceedings.values()].reverse();
    return all
      .filter((one) => query.state === undefined || currentState(one) === query.state)
      .map((one) => summaryOf(fold.estate, one));
  });
  serveJson(app, writRoutes.writRoute, ({ params }) => {
    const proceeding = fold.estate.proceedings.get(params.digest);
    if (proceeding === undefined) return refused("unknown-writ", `no writ ${params.digest}`);
    return viewOf(fold.estate, proceeding);
  });
}

function momentAt(estate: Estate, index: number) {
  return { index, time: witnessedTimeOf(estate, index) };
}

function summaryOf(estate: Estate, proceeding: Proceeding) {
  const { writ, digest, proposalIndex, approvals, certificateIndex, revokedIndex } = proceeding;
  return {
    digest,
    state: currentState(proceeding),
    action: writ.action,
    component: writ.component,
    from: writ.from.map(({ release }) => release),
    to: writ.to?.release,
    reason: writ.reason,
    proposer: writ.proposer,
    expires: writ.expires,
    proposed: momentAt(estate, proposalIndex),
    approvals: approvals.size,
    certificateIndex,
    revokedIndex,
  };
}

function viewOf(estate: Estate, proceeding: Proceeding) {
  const { writ, digest, approvals, refusal, quorumIndex, executedIndex } = proceeding;
  const { verdict, fulfilled, certificateIndex, revokedIndex } = proceeding;
  const at = (index: number) => momentAt(estate, index);
  const began = proceeding.fenceIndex !== undefined || refusal !== undefined;
  const hindrance = began ? undefined : mayBegin(estate, proceeding);
  return {
    digest,
    writ,
    state: currentState(proceeding),
    course: proceeding.course.map(({ state, index }) => ({ state, ...at(index) })),
    seats: (estate.root === undefined ? [] : (seatsFor(estate.root, writ.action) ?? [])).map(
      ({ group, threshold }) => ({ group, threshold }),
    ),
    quorumMet: quorumIndex !== undefined,
    approvals: [...approvals.values()].map(({ person, key, custody, index }) => ({
      person,
      key,
      custody,
      ...at(index),
    })),
    refusal: refusal && { person: refusal.person, veto: refusal.veto, ...at(refusal.index) },
    steps: stepsOf(proceeding),
    hindrance:
      hindrance !== undefined && isRefused(hindrance)
        ? { refused: hindrance.refused, detail: hindrance.detail }
        : undefined,
    executed: executedIndex === undefined ? undefined : at(executedIndex),
    verdict: verdict && verdictOf(verdict),
    fulfilled: fulfilled && { index: fulfilled.index, time: fulfilled.time },
    certificateIndex,
    revokedIndex,
  };
}

function stepsOf({ writ, steps }: Proceeding) {
  return writ.steps.map(({ step: what, host, placement }, step) => {
    const record = steps.get(step);
    return {
      step,
      what,
      host,
      placement,
      phase: record?.phase ?? ("not begun" as const),
      index: record?.index,
      detail: record?.detail,
    };
  });
}

function verdictOf({ covered, uncovered, contradictions, asOrdered }: Verdict) {
  return {
    covered: covered.map(({ host, index, began, ended, ledgers }) => ({
      host,
      index,
      began,
      ended,
      ledgers: ledgers.map(({ vantage, roots, entries, bytes, gapsTotal }) => ({
        vantage,
        roots: [...roots],
        entries,
        bytes,
        gapsTotal,
      })),
    })),
    uncovered: [...uncovered],
    contradictions: [...contradictions],
    asOrdered: [...asOrdered],
  };
}
