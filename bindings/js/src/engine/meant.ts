// Options that would do nothing, or other than what is meant, with the bundle that was fetched: refused, as `sluice run` refuses them.
import { SluiceError } from '../errors.js';
import type { EngineSettings } from '../worker/protocol.js';
import type { StagesPlan } from './stages-plan.js';

/** `halves`: a device half runs here. Throws `invalid_argument`. */
export function checkMeant({ exitsMeanCost, staleAnswerMs }: EngineSettings, { toEnd, toCut }: StagesPlan, halves: boolean): void {
  if (exitsMeanCost !== undefined && !toEnd) {
    const why = toCut ? 'a server goes on from a cut with this one' : 'none does';
    throw new SluiceError('invalid_argument', `exitsMeanCost is of a model with early exits that runs on this device to its end, and ${why}`, {
      hint: toCut ? "set place: 'local', or leave exitsMeanCost out" : 'leave exitsMeanCost out',
    });
  }
  if (staleAnswerMs !== undefined && staleAnswerMs > 0 && !halves) {
    throw new SluiceError('invalid_argument', 'staleAnswerMs is of a model in two halves with a server, and no half runs here', {
      hint: 'leave staleAnswerMs out',
    });
  }
}
