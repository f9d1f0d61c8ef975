/** Long work on the server's one thread, in turns with everybody else's. */
import { setImmediate as othersFirst } from "node:timers/promises";

/** Work in one go: whoever asks something meanwhile waits no longer than this, and one step. */
const turnMilliseconds = 5;

/** Goes through all steps, letting others have the thread between them. */
export async function inTurns<T>(steps: Generator<unknown, T>): Promise<T> {
  for (let began = performance.now(); ; ) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (performance.now() - began < turnMilliseconds) continue;
    await othersFirst();
    began = performance.now();
  }
}
