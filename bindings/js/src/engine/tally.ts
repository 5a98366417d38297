// The running sums behind stats().
import { costFields, noCost } from '../cost.js';
import type { Cost, ResultKind, Stats } from '../types.js';

export class Tally {
  #offered = 0;
  #failed = 0;
  #superseded = 0;
  #connects = 0;
  #bytesUp = 0;
  #bytesDown = 0;
  readonly #answered: Record<ResultKind, number> = { skipped: 0, reused: 0, exited: 0, split: 0, remote: 0, local: 0 };
  readonly #totals: { -readonly [Field in keyof Cost]: number } = { ...noCost };

  offered(): void {
    ++this.#offered;
  }

  answered(kind: ResultKind, cost: Cost): void {
    ++this.#answered[kind];
    for (const field of costFields) this.#totals[field] += cost[field];
  }

  failed(superseded: boolean): void {
    ++this.#failed;
    if (superseded) ++this.#superseded;
  }

  connected(): void {
    ++this.#connects;
  }

  sent(bytes: number): void {
    this.#bytesUp += bytes;
  }

  received(bytes: number): void {
    this.#bytesDown += bytes;
  }

  read(load: { inFlight: number; waiting: number }, restarts: number): Stats {
    return {
      offered: this.#offered,
      answered: { ...this.#answered },
      failed: this.#failed,
      superseded: this.#superseded,
      connects: this.#connects,
      bytesUp: this.#bytesUp,
      bytesDown: this.#bytesDown,
      totals: { ...this.#totals },
      restarts,
      ...load,
    };
  }
}
