/**
 * The checkpointer: signs what the journal holds, has witnesses cosign it, publishes it, and brings
 * it back into the journal as witnessed time. Without a threshold of witnesses nothing is published
 * and time stands still: the server stays up, and no writ can be armed.
 */
import {
  type Admitted,
  equalBytes,
  formatNote,
  fromUtf8,
  isRefused,
  journalVerifierKey,
  type Note,
  type NoteSignature,
  type Refused,
  readCosigned,
  refused,
  signCheckpoint,
  type TrustRoot,
  verifyCosignature,
  witnessPolicy,
} from "@writ/core";
import type { Clock, Journal, JournalStore, Log, SigningKey } from "@writ/node";
import { verifyNative } from "@writ/node";
import type { EstateFold } from "./fold.ts";
import type { Voice } from "./voice.ts";
import type { SignedCheckpoint, WitnessClient } from "./witness-client.ts";

/** When nothing happens: time must go on, or nothing expires and no silence is noticed. */
const idleMilliseconds = 15_000;
/** Between checkpoints of a busy journal. The estate keeps 4096: over an hour at this pace. */
const paceMilliseconds = 1_000;
/** Checkpoints made at once after a quiet time: for an order with its approvals and steps. */
const burstMax = 20;
/** After a round in which too few witnesses answered. */
const againMilliseconds = 1_000;

/** Kinds of entry that people or machines wait for to be witnessed. */
const urgentKinds: ReadonlySet<string> = new Set([
  "root",
  "register",
  "proposal",
  "decision",
  "execution",
  "census",
  "certificate",
]);

export type CheckpointerParts = {
  readonly key: SigningKey;
  readonly fold: EstateFold;
  readonly journal: Journal;
  readonly store: JournalStore;
  readonly voice: Voice;
  readonly witnesses: readonly WitnessClient[];
  readonly clock: Clock;
  readonly log: Log;
};

export class Checkpointer {
  readonly #parts: CheckpointerParts;
  readonly #stop = new AbortController();
  #wake: (() => void) | undefined;
  #grown = true;
  #urgent = true;
  #tokens = burstMax;
  #refilled: number;
  #failures = 0;
  #loop: Promise<void> | undefined;

  constructor(parts: CheckpointerParts) {
    this.#parts = parts;
    this.#refilled = parts.clock.elapsed();
    parts.fold.listen((admitted) => this.#hear(admitted));
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake?.();
    await this.#loop;
  }

  #hear({ entry }: Admitted): void {
    const { kind } = entry.body;
    // A checkpoint's own entry must not call for the next one, or there would be no end.
    if (kind === "witnessed") return;
    const urgent = urgentKinds.has(kind);
    // Whoever sleeps until something happens must hear that it did, and again if it cannot wait.
    const news = !this.#grown || (urgent && !this.#urgent);
    this.#grown = true;
    this.#urgent ||= urgent;
    if (news) this.#wake?.();
  }

  async #run(): Promise<void> {
    const { log } = this.#parts;
    while (!this.#stop.signal.aborted) {
      await this.#due();
      if (this.#stop.signal.aborted) return;
      this.#grown = false;
      this.#urgent = false;
      const problem = await this.#round().catch((error: unknown) =>
        refused("unavailable", error instanceof Error ? error.message : "unknown"),
      );
      if (problem === undefined) {
        if (this.#failures > 0) log("info", "witnessed again", { after: this.#failures });
        this.#failures = 0;
        continue;
      }
      this.#grown = true;
      if (problem.refused === "no-trust-root") continue;
      this.#failures += 1;
      // One line for each power of two: a witness that is down all night fills no disk.
      if ((this.#failures & (this.#failures - 1)) === 0) {
        const { refused: code, detail } = problem;
        log("warning", "not witnessed", { code, detail, rounds: this.#failures });
      }
      await this.#pause(againMilliseconds);
    }
  }

  /** Resolves when a checkpoint ought to be made. */
  async #due(): Promise<void> {
    const { clock } = this.#parts;
    const began = clock.elapsed();
    for (;;) {
      if (this.#stop.signal.aborted) return;
      this.#refill();
      const waited = clock.elapsed() - began;
      if (this.#urgent && this.#tokens >= 1) break;
      if (this.#grown && waited >= paceMilliseconds) break;
      if (waited >= idleMilliseconds) break;
      await this.#pause(this.#grown ? paceMilliseconds - waited : idleMilliseconds - waited);
    }
    this.#tokens = Math.max(0, this.#tokens - 1);
  }

  #refill(): void {
    const now = this.#parts.clock.elapsed();
    this.#tokens = Math.min(burstMax, this.#tokens + (now - this.#refilled) / paceMilliseconds);
    this.#refilled = now;
  }

  /** Sleeps for so long, or until something calls. */
  async #pause(milliseconds: number): Promise<void> {
    const called = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const slept = new AbortController();
    const sleep = this.#parts.clock.sleep(Math.max(1, milliseconds), slept.signal);
    await Promise.race([called, sleep.catch(() => undefined)]);
    this.#wake = undefined;
    slept.abort();
  }

  async #round(): Promise<Refused | undefined> {
    const { fold, journal, key, store, voice, witnesses } = this.#parts;
    const { root } = fold.estate;
    if (root === undefined) return refused("no-trust-root", "there is no trust root yet");
    if (!equalBytes(root.journalKey.bytes, key.publicKey)) {
      return refused("bad-trust-root", "the trust root names another checkpoint key than ours");
    }
    const { size, root: hash } = journal;
    if (size <= (fold.estate.lastWitnessed?.size ?? 0)) return undefined;
    const { origin } = root.document.journal;
    const checkpoint = { origin, size, root: hash, extensions: [] };
    const note = await signCheckpoint(checkpoint, journalVerifierKey(root), key.sign);
    const cosigned = await gather({ root, note, size, witnesses });
    if (isRefused(cosigned)) return cosigned;
    const text = fromUtf8(formatNote(cosigned))!;
    // Read as every reader will: what would not convince them is not published.
    const read = readCosigned(root, text, verifyNative);
    if (isRefused(read)) return read;
    if (!(await store.publishCheckpoint({ size, text }))) return undefined;
    const said = await voice.say({ kind: "witnessed", checkpoint: text });
    // Another node brought a newer one in the meantime: time goes on, that is all that matters.
    return isRefused(said) && said.refused !== "rollback-of-history" ? said : undefined;
  }
}

/** The note with the log's line and as many known witnesses' lines as the threshold asks for. */
async function gather(round: {
  readonly root: TrustRoot;
  readonly note: Note;
  readonly size: number;
  readonly witnesses: readonly WitnessClient[];
}): Promise<Note | Refused> {
  const { root, note, witnesses } = round;
  const { threshold } = witnessPolicy(root);
  const lines = new Map<string, NoteSignature>();
  const problems: string[] = [];
  const asked: SignedCheckpoint = { size: round.size, note: formatNote(note) };
  await new Promise<void>((enough) => {
    if (witnesses.length === 0) enough();
    let answered = 0;
    for (const witness of witnesses) {
      void witness.cosign(asked).then((answer) => {
        answered += 1;
        if (isRefused(answer)) problems.push(`${answer.refused}: ${answer.detail}`);
        else for (const [name, line] of known(root, note.text, answer)) lines.set(name, line);
        if (lines.size >= threshold || answered === witnesses.length) enough();
      });
    }
  });
  if (lines.size < threshold) {
    const why = problems.length === 0 ? "" : `; ${problems.join("; ")}`;
    return refused("not-cosigned", `${lines.size} of ${threshold} witnesses cosigned${why}`);
  }
  return { text: note.text, signatures: [...note.signatures, ...lines.values()] };
}

/** Lines that are good cosignatures of the trust root's witnesses; strangers' lines are dropped. */
function known(
  root: TrustRoot,
  text: string,
  lines: readonly NoteSignature[],
): readonly (readonly [string, NoteSignature])[] {
  return witnessPolicy(root).witnesses.flatMap((witness) => {
    const line = lines.find(({ name, id }) => name === witness.name && id === witness.id);
    if (line === undefined) return [];
    const signed = { witness, signature: line.signature };
    const time = verifyCosignature(text, signed, verifyNative);
    return isRefused(time) ? [] : [[`${witness.name}+${witness.id}`, line] as const];
  });
}
