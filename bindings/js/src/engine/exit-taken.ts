// Which exit of how many answered. Plain function.
import { SluiceError } from '../errors.js';
import type { ExitTaken, OutputTensor, StagesInfo } from '../types.js';

const exitOutput = 'exit'; // core/wire/messages.hpp, kExitOutput

/** Of the outputs of an answer of the kind 'exited'. */
export function exitTaken(outputs: readonly OutputTensor[], stages: StagesInfo | undefined): ExitTaken {
  const place = outputs.find(({ name, type }) => name === exitOutput && type === 'int32')?.data[0];
  if (place === undefined || stages === undefined) throw new SluiceError('internal', 'an answer of an exit does not say of which');
  return { number: Number(place) + 1, of: stages.exits.length };
}
