// How far into the model a picture went: a bar as long as the share of the model that ran, with a mark at each exit that says whether it
// was asked and sure, and one at the model's end.
import type { StagesInfo } from 'sluice';

import { depthColorCss } from './depth-colors.js';
import { exitPlaces, labelled, type Depth, type ExitPoint } from './exit-points.js';
import { element } from '../view/element.js';

const kLabelRoom = 0.055; // of the bar, for a mark's number

export class DepthView {
  readonly #bar = element('depth-bar');
  readonly #share = element('depth-share');
  readonly #words = element('depth-words');
  readonly #why = element('depth-why');
  #places: readonly number[] = [];
  #marks: HTMLElement[] = [];

  /** Of this model. */
  prepare(stages: StagesInfo): void {
    this.#places = exitPlaces(stages);
    this.#marks = [...this.#places, 1].map((place) => {
      const mark = document.createElement('span');
      mark.style.setProperty('--at', `${100 * place}%`);
      return mark;
    });
    const ran = document.createElement('i');
    this.#bar.replaceChildren(ran, ...this.#marks);
  }

  /** `point`: what was asked for. */
  show(depth: Depth, point: ExitPoint, reason: string): void {
    const { share, exit, served } = depth;
    const taken = exit === undefined ? undefined : exit - 1;
    this.#share.textContent = percentOf(share);
    this.#words.textContent =
      taken === undefined ? 'of the model ran, exits included: none was sure' : `of the model ran: it left at exit ${exit} of ${this.#places.length}`;
    if (taken === undefined && !point.open.includes(true)) this.#words.textContent = 'of the model ran: all exits are closed';
    if (served)
      this.#words.textContent = `of the model ran here: ${exit === undefined ? 'the server ran the rest' : `exit ${exit} of ${this.#places.length} answered on the server`}`;
    this.#why.textContent = reason;
    this.#bar.style.setProperty('--kind', depthColorCss(exit, this.#places.length));
    this.#bar.style.setProperty('--share', `${Math.min(100, 100 * share)}%`);
    this.#bar.setAttribute('aria-label', `${percentOf(share)} ${this.#words.textContent}`);
    const end = this.#places.length;
    const numbered = labelled([...this.#places, 1], taken ?? end, kLabelRoom);
    this.#marks.forEach((mark, i) => {
      mark.dataset['state'] = i === (taken ?? end) ? 'sure' : i === end ? 'ahead' : stateOf(i, taken ?? end, point);
      mark.textContent = numbered[i] ? (i === end ? 'end' : String(i + 1)) : '';
    });
  }

  /** What keeps an answer away, in the place of one. */
  say(sentence: string): void {
    this.#why.textContent = sentence;
  }
}

/** Of an exit that did not answer. */
function stateOf(exit: number, taken: number, { open }: ExitPoint): 'closed' | 'unsure' | 'ahead' {
  if (open[exit] !== true) return 'closed';
  return exit < taken ? 'unsure' : 'ahead';
}

function percentOf(share: number): string {
  return `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;
}
