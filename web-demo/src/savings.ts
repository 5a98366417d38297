// Sums over the frames seen so far: what ran, what did not, and what that saved. The savings are estimates by their nature
// (a skipped frame was never sent): skipped frames times what a frame that ran cost, less what the gate cost on every frame.
import type { FrameRecord } from './record.js';

export interface Savings {
  frames: number;
  skipped: number;
  ran: number;
  lost: number;
  gateMs: number;
  modelMs: number;
  savedMs: number;
  savedBytes: number;
}

const kWindow = 301;

export class SavingsCounter {
  #frames = 0;
  #skipped = 0;
  #ran = 0;
  #lost = 0;
  #sent = 0;
  #bytesUp = 0;
  #gateTotalMs = 0;
  readonly #gate = new RunningMedian(kWindow);
  readonly #model = new RunningMedian(kWindow);

  add(record: FrameRecord): void {
    this.#frames += 1;
    if (record.gateMs > 0) {
      this.#gate.add(record.gateMs);
      this.#gateTotalMs += record.gateMs;
    }
    if (record.kind === 'skipped') this.#skipped += 1;
    else if (record.kind === 'lost') this.#lost += 1;
    else {
      this.#ran += 1;
      this.#model.add(record.modelMs);
      if (record.bytesUp > 0) {
        this.#sent += 1;
        this.#bytesUp += record.bytesUp;
      }
    }
  }

  total(): Savings {
    const modelMs = this.#model.value();
    const meanBytes = this.#sent > 0 ? this.#bytesUp / this.#sent : 0;
    return {
      frames: this.#frames,
      skipped: this.#skipped,
      ran: this.#ran,
      lost: this.#lost,
      gateMs: this.#gate.value(),
      modelMs,
      savedMs: Math.max(0, this.#skipped * modelMs - this.#gateTotalMs),
      savedBytes: this.#skipped * meanBytes,
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
