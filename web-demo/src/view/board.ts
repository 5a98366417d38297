// All that is counted of the frames: the figures, the legend and the timeline. They are of one source, place and target: with another
// of these they begin anew.
import type { FrameRecord } from '../record.js';
import { SavingsCounter } from '../savings.js';
import { showSavings } from './counters.js';
import { element } from './element.js';
import { Legend } from './legend.js';
import { Timeline } from './timeline.js';

export class Board {
  readonly #timeline = new Timeline(element<HTMLCanvasElement>('timeline'), element('timeline-tip'));
  readonly #legend = new Legend(element('legend'));
  #savings = new SavingsCounter();

  constructor() {
    this.#show();
  }

  add(record: FrameRecord): void {
    this.#savings.add(record);
    this.#timeline.add(record);
    this.#show();
  }

  beginAnew(): void {
    this.#savings = new SavingsCounter();
    this.#timeline.clear();
    this.#show();
  }

  #show(): void {
    const total = this.#savings.total();
    showSavings(total);
    this.#legend.show(total.counts);
  }
}
