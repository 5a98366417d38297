// Which exit of how many answered. Plain function.
import { SluiceError } from '../errors.js';
import type { ExitTaken, OutputTensor, ResultKind, StagesInfo } from '../types.js';

const exitOutput = 'exit'; // core/wire/messages.hpp, kExitOutput

/** Of an answer: always of the kind 'exited', of 'split' where it is from an exit behind a cut; undefined of all others. */
export function exitTaken(kind: ResultKind, outputs: readonly OutputTensor[], stages: StagesInfo | undefined): ExitTaken | undefined {
  if (kind !== 'exited' && kind !== 'split') return undefined;
  const place = outputs.find(({ name, type }) => name === exitOutput && type === 'int32')?.data[0];
  if (place === undefined && kind === 'split') return undefined;
  if (place === undefined || stages === undefined) throw new SluiceError('internal', 'an answer of an exit does not say of which');
  return { number: Number(place) + 1, of: stages.exitsInAll };
}
