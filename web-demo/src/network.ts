// What the link does to the frames that run the model: how long they take to their answer, whether that comes within the budget, and how
// much of each is sent. Of the latest frames, since a link that changes is to be seen doing so.
import type { FrameRecord } from './record.js';

export interface NetworkSums {
  /** Of the frames that the gate let pass, superseded ones aside; NaN before the first. */
  readonly inTime: number;
  /** Median from frame to answer, of those that were answered; 0 before the first. */
  readonly answerMs: number;
  /** Mean of those that were sent. */
  readonly sentBytes: number;
}

const kWindow = 60;

export class NetworkCounter {
  readonly #latest: FrameRecord[] = [];

  add(record: FrameRecord): void {
    if (record.kind === 'skipped' || record.kind === 'reused' || record.superseded) return;
    this.#latest.push(record);
    if (this.#latest.length > kWindow) this.#latest.shift();
  }

  clear(): void {
    this.#latest.length = 0;
  }

  sums(): NetworkSums {
    const answered = this.#latest.filter(({ kind }) => kind !== 'lost');
    const times = answered.map(({ answerMs }) => answerMs).sort((a, b) => a - b);
    const sent = answered.filter(({ bytesUp }) => bytesUp > 0);
    return {
      inTime: this.#latest.length > 0 ? answered.length / this.#latest.length : Number.NaN,
      answerMs: times[times.length >> 1] ?? 0,
      sentBytes: sent.length > 0 ? sent.reduce((sum, { bytesUp }) => sum + bytesUp, 0) / sent.length : 0,
    };
  }
}
