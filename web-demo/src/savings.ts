// Sums over the frames seen so far: which answers they got, and what that saved. The savings are estimates by their nature (a
// skipped frame was never sent): frames that the model did not see times what a frame that ran cost, less what the gate cost on
// every frame. Together with them comes what they are made of, so that the page can say how.
import { kKindNames } from './kinds.js';
import type { FrameRecord, RecordKind } from './record.js';

export interface Savings {
  frames: number;
  counts: Readonly<Record<RecordKind, number>>;
  /** Frames that the model did not see: skipped and reused ones. */
  filtered: number;
  /** Medians of a frame. */
  gateMs: number;
  modelMs: number;
  /** Of all frames together. */
  gateTotalMs: number;
  /** Mean of a frame that was sent. */
  sentBytes: number;
  savedMs: number;
  savedBytes: number;
}

const kWindow = 301;

export class SavingsCounter {
  readonly #counts = Object.fromEntries(kKindNames.map((kind) => [kind, 0])) as Record<RecordKind, number>;
  #frames = 0;
  #sent = 0;
  #bytesUp = 0;
  #gateTotalMs = 0;
  readonly #gate = new RunningMedian(kWindow);
  readonly #model = new RunningMedian(kWindow);

  add(record: FrameRecord): void {
    this.#frames += 1;
    this.#counts[record.kind] += 1;
    if (record.gateMs > 0) {
      this.#gate.add(record.gateMs);
      this.#gateTotalMs += record.gateMs;
    }
    if (record.kind === 'lost' || record.kind === 'skipped' || record.kind === 'reused') return;
    this.#model.add(record.modelMs);
    if (record.bytesUp > 0) {
      this.#sent += 1;
      this.#bytesUp += record.bytesUp;
    }
  }

  total(): Savings {
    const filtered = this.#counts.skipped + this.#counts.reused;
    const modelMs = this.#model.value();
    const sentBytes = this.#sent > 0 ? this.#bytesUp / this.#sent : 0;
    return {
      frames: this.#frames,
      counts: { ...this.#counts },
      filtered,
      gateMs: this.#gate.value(),
      modelMs,
      gateTotalMs: this.#gateTotalMs,
      sentBytes,
      savedMs: Math.max(0, filtered * modelMs - this.#gateTotalMs),
      savedBytes: filtered * sentBytes,
    };
  }
}

/** The median of the last `size` values; 0 before the first. */
export class RunningMedian {
  readonly #values: number[] = [];
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
  }

  add(value: number): void {
    this.#values.push(value);
    if (this.#values.length > this.#size) this.#values.shift();
  }

  value(): number {
    if (this.#values.length === 0) return 0;
    const sorted = this.#values.toSorted((a, b) => a - b);
    return sorted[sorted.length >> 1]!;
  }
}
