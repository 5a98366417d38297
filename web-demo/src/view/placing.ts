// The live decision, in the panel of the link: the ways that the last frame could take with what each was expected to take, which it took and
// how long that was, and whether it was answered in its time.
import type { Placement } from 'sluice';

import { barsOf, decisionWords, nameOf, PlacingCounter, sumsWords, type WayBar } from '../placing.js';
import type { FrameRecord } from '../record.js';
import { element } from './element.js';

const kFields = {
  decision: element('decision'),
  form: element('decision-form'),
  met: element('decision-met'),
  bars: element('decision-bars'),
  words: element('decision-words'),
  sums: element('decision-sums'),
  none: element('decision-none'),
};

const kWhyNone = {
  'remote-else-local': 'Frames that run the model are sent whole. The quickest way may be another: made small here first, or the model in this page.',
  local: 'The model runs in this page: there is no other way.',
  auto: 'The next frame that runs the model takes the way that is expected to be quickest.',
  choice: 'The next frame gets the answer that is expected to cost least.',
} as const;

export class PlacingView {
  readonly #counter = new PlacingCounter();

  /** `place` of the gate whose frames come from now on. */
  beginAnew(place: keyof typeof kWhyNone): void {
    this.#counter.clear();
    kFields.decision.hidden = true;
    kFields.none.hidden = false;
    kFields.none.textContent = kWhyNone[place];
  }

  /** A frame that ran the model, or came to nothing. */
  add({ kind, placement, superseded }: FrameRecord): void {
    if (kind === 'lost' && !superseded && !kFields.decision.hidden) showLost();
    if (placement === undefined) return;
    this.#counter.add(placement);
    kFields.none.hidden = true;
    kFields.decision.hidden = false;
    kFields.form.textContent = titleOf(placement);
    showMet(placement.inTime);
    kFields.bars.replaceChildren(...barsOf(placement).map(rowOf));
    kFields.words.textContent = decisionWords(placement);
    kFields.sums.textContent = sumsWords(this.#counter.sums());
  }
}

function titleOf({ chosen, duplicate }: Placement): string {
  if (chosen === undefined) return nameOf('here');
  return duplicate === 'won' ? `${nameOf(chosen)}, and ${nameOf('here')}` : nameOf(chosen);
}

function showLost(): void {
  kFields.form.textContent = 'no answer';
  showMet(false);
  kFields.bars.replaceChildren();
  kFields.words.textContent = 'Nothing came in its time.';
}

function showMet(met: boolean): void {
  kFields.met.dataset['met'] = String(met);
  kFields.met.textContent = met ? 'in time' : 'late';
}

function rowOf({ choice, taken, expected, atMost, actual, inTime, words }: WayBar): HTMLElement {
  const row = document.createElement('li');
  row.dataset['choice'] = choice;
  row.classList.toggle('taken', taken);
  row.classList.toggle('late', !inTime);
  const [name, track, value] = ['b', 'i', 'span'].map((tag) => document.createElement(tag)) as [HTMLElement, HTMLElement, HTMLElement];
  name.textContent = nameOf(choice);
  track.style.setProperty('--expected', String(expected));
  track.style.setProperty('--at-most', String(atMost));
  if (!Number.isNaN(actual)) {
    const mark = document.createElement('u');
    mark.style.setProperty('--actual', String(actual));
    track.append(mark);
  }
  value.textContent = words;
  row.title = `${inTime ? 'Expected in time' : 'Not expected in time'}${taken ? '; taken' : ''}`;
  row.append(name, track, value);
  return row;
}
