// The decisions of a gate that places its frames: how the ways compared that a frame could take, what became of the one that it took, and how
// often each was taken. Of the latest frames, as the link's figures are.
import type { Form, Placement } from 'sluice';

import { formatBytes, formatMs } from './savings-words.js';

export const kFormNames: Readonly<Record<Form, string>> = {
  whole: 'whole',
  file: 'as its file',
  shrunk: 'shrunk',
  features: 'as features',
  stages: 'after first stages',
  here: 'in this page',
};

/** One way in the comparison; lengths are shares of the longest. */
export interface WayBar {
  readonly form: Form;
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
export function barsOf({ considered, form, actualMs }: Placement): readonly WayBar[] {
  const longestMs = Math.max(1, actualMs, ...considered.map(({ predictedP95Ms }) => predictedP95Ms));
  const share = (ms: number): number => Math.min(ms / longestMs, 1);
  return [...considered]
    .sort((a, b) => a.predictedMs - b.predictedMs)
    .map((one) => ({
      form: one.form,
      taken: one.form === form,
      expected: share(one.predictedMs),
      atMost: share(one.predictedP95Ms),
      actual: one.form === form ? share(actualMs) : Number.NaN,
      inTime: one.inTime,
      words: one.bytes > 0 ? `${formatMs(one.predictedMs)}, ${formatBytes(one.bytes)}` : formatMs(one.predictedMs),
    }));
}

export function decisionWords({ form, predictedMs, actualMs, actualBytes, duplicate }: Placement): string {
  const took = formatMs(actualMs);
  if (form === undefined || predictedMs === undefined) return `It waited for the server until the model in this page answered, after ${took}.`;
  const expected = formatMs(predictedMs);
  if (duplicate === 'won') return `Expected from the server after ${expected}; the model in this page ran beside it and answered after ${took}.`;
  const sent = actualBytes > 0 ? ` and ${formatBytes(actualBytes)}` : '';
  const beside = duplicate === 'begun' ? ' The model in this page ran beside it and came second.' : '';
  return `Expected ${expected}, took ${took}${sent}.${beside}`;
}

const kWindow = 60;

export interface PlacingSums {
  readonly counts: ReadonlyMap<Form, number>;
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
    const counts = new Map<Form, number>();
    const offs: number[] = [];
    for (const { form, predictedMs, actualMs, duplicate } of this.#latest) {
      const answeredBy = form === undefined || duplicate === 'won' ? 'here' : form;
      counts.set(answeredBy, (counts.get(answeredBy) ?? 0) + 1);
      if (predictedMs !== undefined && actualMs > 0 && duplicate !== 'won') offs.push(Math.abs(predictedMs - actualMs) / actualMs);
    }
    offs.sort((a, b) => a - b);
    return { counts, offBy: offs[offs.length >> 1] ?? Number.NaN };
  }
}

export function sumsWords({ counts, offBy }: PlacingSums): string {
  const forms = [...counts].sort(([, a], [, b]) => b - a).map(([form, count]) => `${kFormNames[form]} ${count}`);
  if (forms.length === 0) return '';
  const off = Number.isNaN(offBy) ? '' : ` What was expected was off by ${Math.round(100 * offBy)} % in the median.`;
  return `Of the latest frames: ${forms.join(', ')}.${off}`;
}
