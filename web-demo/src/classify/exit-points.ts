// What a manifest says of early exits, for the page that shows them: the targets that were measured and which exits each leaves open, and how
// deep an answer was found. Plain functions.
import type { Result, StagesInfo } from 'sluice';

export interface ExitPoint {
  /** 1: the whole model, all exits closed. */
  readonly target: number;
  readonly open: readonly boolean[];
}

interface Section {
  readonly rule?: unknown;
  readonly places?: readonly unknown[];
  readonly points?: readonly MeasuredPoint[];
  readonly cut?: { readonly points?: readonly MeasuredPoint[] } | null;
}

interface MeasuredPoint {
  readonly target: number;
  readonly thresholds: readonly number[];
}

/** Whether a server may go on from a place of the model. */
export function hasCut(manifest: string): boolean {
  const { exits }: { readonly exits?: Section } = JSON.parse(manifest) ?? {};
  return exits?.cut !== undefined && exits.cut !== null;
}

/** Those of the cut, where there is one. Growing targets, and behind them the one at which the model runs whole; the module that opened the bundle has checked the manifest. */
export function exitPoints(manifest: string): ExitPoint[] {
  const { exits = {} }: { readonly exits?: Section } = JSON.parse(manifest) ?? {};
  const { rule, places = [], cut } = exits;
  const points = cut?.points ?? exits.points ?? [];
  const isOpen = (threshold: number): boolean => (rule === 'entropy' ? threshold > 0 : threshold < 1);
  const measured = points.map(({ target, thresholds }) => ({ target, open: thresholds.map(isOpen) }));
  return [...measured.filter(({ target }) => target < 1), { target: 1, open: places.map(() => false) }];
}

export interface Depth {
  /** Of the model's multiply-adds, those that ran here, exits included: a little above 1 where no exit was sure. */
  readonly share: number;
  /** From 1; undefined for the model's own end. */
  readonly exit: number | undefined;
  /** Whether a server ran what followed. */
  readonly served: boolean;
}

export function depthOf(result: Result, { multiplyAdds }: StagesInfo): Depth {
  const share = multiplyAdds === 0 ? 1 : result.cost.multiplyAdds / multiplyAdds;
  const exit = result.kind === 'exited' || result.kind === 'split' ? result.exit?.number : undefined;
  return { share, exit, served: result.kind === 'split' || result.kind === 'remote' };
}

/** Where each exit stands, as a share of the model. */
export function exitPlaces({ multiplyAdds, exits }: StagesInfo): number[] {
  return exits.map(({ modelMultiplyAdds }) => modelMultiplyAdds / multiplyAdds);
}

/** Which of the marks have room for their numbers: each at least `room` behind the one before it that has, the `wanted` one in any case. */
export function labelled(places: readonly number[], wanted: number | undefined, room: number): boolean[] {
  const far = (a: number, b: number): boolean => Math.abs(a - b) >= room;
  let last = -Infinity;
  return places.map((place, i) => {
    if (i === wanted) {
      last = place;
      return true;
    }
    const fits = far(place, last) && (wanted === undefined || far(place, places[wanted]!));
    if (fits) last = place;
    return fits;
  });
}

/** How often each exit answered, and behind them the whole model; and the mean share of the model that ran. */
export function summary(depths: readonly Depth[], exits: number): { readonly counts: number[]; readonly mean: number } {
  const counts = new Array<number>(exits + 1).fill(0);
  let sum = 0;
  for (const { exit, share } of depths) {
    ++counts[exit === undefined ? exits : exit - 1]!;
    sum += share;
  }
  return { counts, mean: depths.length === 0 ? 1 : sum / depths.length };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
