// The running sums behind stats().
import { choices } from '../bindings/placement.js';
import { costFields, noCost } from '../cost.js';
import type { Choice, Cost, PlacedStats, Placement, ResultKind, Stats } from '../types.js';

type Sums<Record> = { -readonly [Field in keyof Record]: Record[Field] };

export class Tally {
  #offered = 0;
  #failed = 0;
  #superseded = 0;
  #connects = 0;
  #bytesUp = 0;
  #bytesDown = 0;
  readonly #answered: Record<ResultKind, number> = { skipped: 0, reused: 0, exited: 0, split: 0, remote: 0, local: 0 };
  readonly #placed = Object.fromEntries(choices.map((choice) => [choice, { answered: 0, inTime: 0, predictedMs: 0, actualMs: 0 }])) as Record<
    Choice,
    Sums<PlacedStats>
  >;
  readonly #duplicates: Sums<Stats['duplicates']> = { skipped: 0, begun: 0, won: 0 };
  readonly #totals: { -readonly [Field in keyof Cost]: number } = { ...noCost };

  offered(): void {
    ++this.#offered;
  }

  answered(kind: ResultKind, cost: Cost): void {
    ++this.#answered[kind];
    for (const field of costFields) this.#totals[field] += cost[field];
  }

  placed({ chosen, predictedMs, actualMs, inTime, duplicate }: Placement): void {
    if (duplicate !== 'none') ++this.#duplicates[duplicate];
    if (chosen === undefined) return;
    const sums = this.#placed[chosen];
    ++sums.answered;
    if (inTime) ++sums.inTime;
    sums.predictedMs += predictedMs ?? 0;
    sums.actualMs += actualMs;
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
      placed: structuredClone(this.#placed),
      duplicates: { ...this.#duplicates },
      restarts,
      ...load,
    };
  }
}
