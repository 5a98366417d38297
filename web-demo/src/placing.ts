// The decisions of a gate that places its frames: how the ways compared that a frame could take, what became of the one that it took, and how
// often each was taken. Of the latest frames, as the link's figures are.
import type { Choice, ConsideredAnswer, Placement } from 'sluice';

import { formatBytes, formatMs } from './savings-words.js';

const kChoiceNames: Readonly<Record<Choice, string>> = {
  skip: 'skipped',
  reuse: 'reused',
  exit: 'an early exit',
  split: 'split',
  small: 'shrunk',
  whole: 'whole',
  here: 'in this page',
  file: 'as its file',
};

/** For a row, a title and a count. */
export function nameOf(choice: Choice): string {
  return kChoiceNames[choice];
}

/** One way in the comparison; lengths are shares of the longest. */
export interface WayBar {
  readonly choice: Choice;
  readonly taken: boolean;
  /** What was expected, and what it would stay below 19 times out of 20. */
  readonly expected: number;
  readonly atMost: number;
  /** What it took, of the one that was taken; NaN of the others. */
  readonly actual: number;
  readonly inTime: boolean;
  readonly words: string;
}

/** The quickest first. */
export function barsOf({ considered, actualMs }: Placement): readonly WayBar[] {
  const longestMs = Math.max(1, actualMs, ...considered.map(({ predictedP95Ms }) => predictedP95Ms));
  const share = (ms: number): number => Math.min(ms / longestMs, 1);
  return [...considered]
    .sort((a, b) => a.predictedMs - b.predictedMs)
    .map((one) => ({
      choice: one.kind,
      taken: one.taken,
      expected: share(one.predictedMs),
      atMost: share(one.predictedP95Ms),
      actual: one.taken ? share(actualMs) : Number.NaN,
      inTime: one.inTime,
      words: wordsOf(one),
    }));
}

function wordsOf({ predictedMs, bytes, cost }: ConsideredAnswer): string {
  // Bytes are in the cost, and there is room for two.
  if (cost !== undefined) return `${formatMs(predictedMs)}, costs ${cost.toFixed(cost < 100 ? 1 : 0)}`;
  return bytes > 0 ? `${formatMs(predictedMs)}, ${formatBytes(bytes)}` : formatMs(predictedMs);
}

export function decisionWords({ chosen, predictedMs, actualMs, actualBytes, duplicate }: Placement): string {
  const took = formatMs(actualMs);
  if (chosen === undefined || predictedMs === undefined) return `It waited for the server until the model in this page answered, after ${took}.`;
  const expected = formatMs(predictedMs);
  if (duplicate === 'won') return `Expected from the server after ${expected}; the model in this page ran beside it and answered after ${took}.`;
  const sent = actualBytes > 0 ? ` and ${formatBytes(actualBytes)}` : '';
  const beside = duplicate === 'begun' ? ' The model in this page ran beside it and came second.' : '';
  return `Expected ${expected}, took ${took}${sent}.${beside}`;
}

const kWindow = 60;

export interface PlacingSums {
  readonly counts: ReadonlyMap<Choice, number>;
  /** Median of how far what was expected lay from what it took, in parts of that; NaN before the first. */
  readonly offBy: number;
}

export class PlacingCounter {
  readonly #latest: Placement[] = [];

  add(placement: Placement): void {
    this.#latest.push(placement);
    if (this.#latest.length > kWindow) this.#latest.shift();
  }

  clear(): void {
    this.#latest.length = 0;
  }

  sums(): PlacingSums {
    const counts = new Map<Choice, number>();
    const offs: number[] = [];
    for (const { chosen, predictedMs, actualMs, duplicate } of this.#latest) {
      const answeredBy = chosen === undefined || duplicate === 'won' ? 'here' : chosen;
      counts.set(answeredBy, (counts.get(answeredBy) ?? 0) + 1);
      if (predictedMs !== undefined && actualMs > 0 && duplicate !== 'won') offs.push(Math.abs(predictedMs - actualMs) / actualMs);
    }
    offs.sort((a, b) => a - b);
    return { counts, offBy: offs[offs.length >> 1] ?? Number.NaN };
  }
}

export function sumsWords({ counts, offBy }: PlacingSums): string {
  const ways = [...counts].sort(([, a], [, b]) => b - a).map(([choice, count]) => `${nameOf(choice)} ${count}`);
  if (ways.length === 0) return '';
  const off = Number.isNaN(offBy) ? '' : ` What was expected was off by ${Math.round(100 * offBy)} % in the median.`;
  return `Of the latest frames: ${ways.join(', ')}.${off}`;
}
