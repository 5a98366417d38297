// What the classifier's page works out: probabilities, the steps in which features arrive, and what a link takes. Plain functions.

/** Logits as shares of one. */
export function probabilities(logits: ArrayLike<number>): number[] {
  const largest = Math.max(...Array.from(logits));
  const powers = Array.from(logits, (logit) => Math.exp(logit - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

export function best(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}

/** The guess alone, a quarter, half and all of the channels; fewer steps where there are few channels. */
export function stepsOf(channels: number): number[] {
  return [...new Set([0, Math.ceil(channels / 4), Math.ceil(channels / 2), channels])];
}

export const kSlowestBitsPerSecond = 270_000;
export const kFastestBitsPerSecond = 6_000_000;

/** From the slider, 0 to 1, so that each step is the same ratio. */
export function rateAt(position: number): number {
  return kSlowestBitsPerSecond * (kFastestBitsPerSecond / kSlowestBitsPerSecond) ** position;
}

export function sendingMs(bytes: number, bitsPerSecond: number): number {
  return (8000 * bytes) / bitsPerSecond;
}

export function rateText(bitsPerSecond: number): string {
  return bitsPerSecond < 999_500 ? `${Math.round(bitsPerSecond / 1000)} kbit/s` : `${(bitsPerSecond / 1e6).toFixed(1)} Mbit/s`;
}

/** Names of the classes: those that the manifest says (`x_classes`), or numbers. */
export function classNames(manifest: string, count: number): string[] {
  const read: { readonly x_classes?: unknown } = JSON.parse(manifest) ?? {};
  const named = Array.isArray(read.x_classes) ? (read.x_classes as unknown[]) : [];
  return Array.from({ length: count }, (_, i) => (typeof named[i] === 'string' ? named[i] : `class ${i}`));
}

/** A grey level for each symbol: the middle one for the commonest, the ends for what is furthest from it; what is near is told apart well. */
export function brightnessOf(maps: readonly Uint8Array[], symbols: number): number[] {
  const counts = new Array<number>(symbols).fill(0);
  for (const map of maps) for (const symbol of map) ++counts[symbol]!;
  const middle = best(counts);
  const furthest = Math.max(1, ...counts.map((count, symbol) => (count > 0 ? Math.abs(symbol - middle) : 0)));
  return counts.map((_, symbol) => {
    const share = Math.min(1, Math.abs(symbol - middle) / furthest);
    return Math.round(127.5 + 127.5 * Math.sign(symbol - middle) * Math.sqrt(share));
  });
}
