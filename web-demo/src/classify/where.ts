// Where pictures were answered by a model between this page and a server, and what was sent for them: in a sentence for the last one, and in
// one for all of them.
import type { Result } from 'sluice';

import { percent } from './bars.js';
import { element } from '../view/element.js';

/** Its last stages, wherever they ran, are the model's end. */
export type Place = 'exit here' | 'exit on the server' | 'end';

export function placeOf(result: Result): Place {
  if (result.kind === 'exited') return 'exit here';
  return result.kind === 'split' && result.exit !== undefined ? 'exit on the server' : 'end';
}

/** "Answered by exit 2 of 7 on the server; 113 bytes sent." */
export function sentenceOf(result: Result): string {
  const { bytesUp } = result.cost;
  const sent = bytesUp === 0 ? 'nothing sent' : `${bytesUp.toLocaleString('en')} bytes sent`;
  const unsure = result.stopgap ? ', unsure as it is: the server did not go on' : '';
  return `Answered by ${answererOf(result)}${unsure}; ${sent}.`;
}

function answererOf(result: Result): string {
  switch (result.kind) {
    case 'exited':
      return `exit ${result.exit.number} of ${result.exit.of} in this page`;
    case 'split':
      return result.exit === undefined ? "the model's end on the server" : `exit ${result.exit.number} of ${result.exit.of} on the server`;
    case 'local':
      return "the model's end in this page";
    default:
      return 'the whole model on the server';
  }
}

export class WhereView {
  readonly #last = element('where');
  readonly #sum = element('where-sum');
  #counts: Record<Place, number> = { 'exit here': 0, 'exit on the server': 0, end: 0 };
  #bytes = 0;

  show(result: Result): void {
    ++this.#counts[placeOf(result)];
    this.#bytes += result.cost.bytesUp;
    this.#last.textContent = sentenceOf(result);
    const all = Object.values(this.#counts).reduce((sum, count) => sum + count, 0);
    const share = (place: Place): string => percent(this.#counts[place] / all);
    this.#sum.textContent =
      `${share('exit here')} by an exit in this page, ${share('exit on the server')} by one on the server, ${share('end')} by the model's end; ` +
      `${Math.round(this.#bytes / all)} bytes sent a picture.`;
  }

  clear(): void {
    this.#counts = { 'exit here': 0, 'exit on the server': 0, end: 0 };
    this.#bytes = 0;
    this.#last.textContent = this.#sum.textContent = '';
  }
}
