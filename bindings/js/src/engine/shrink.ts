// Pictures made smaller where no canvas does it: each pixel is the mean of what it covers, as in the core's own preprocessing
// (core/input/axis_taps.hpp). Plain function.
interface Size {
  readonly width: number;
  readonly height: number;
}

interface Taps {
  readonly first: number;
  readonly weights: readonly number[];
}

/** Packed RGB to packed RGB, not larger in either direction. */
export function shrink(rgb: Uint8Array, from: Size, to: Size): Uint8Array<ArrayBuffer> {
  const columns = tapsOf(from.width, to.width);
  const rows = tapsOf(from.height, to.height);
  const out = new Uint8Array(to.width * to.height * 3);
  const sums = new Float32Array(from.width * 3);
  rows.forEach(({ first, weights }, y) => {
    sums.fill(0);
    weights.forEach((weight, row) => {
      const start = (first + row) * from.width * 3;
      for (let i = 0; i < sums.length; ++i) sums[i]! += weight * rgb[start + i]!;
    });
    columns.forEach((taps, x) => {
      for (let channel = 0; channel < 3; ++channel) {
        let sum = 0;
        taps.weights.forEach((weight, column) => (sum += weight * sums[(taps.first + column) * 3 + channel]!));
        out[(y * to.width + x) * 3 + channel] = Math.round(sum);
      }
    });
  });
  return out;
}

/** For each of `to` cells: the first of `from` cells that it covers, and the share of it that each one is. */
function tapsOf(from: number, to: number): Taps[] {
  const length = from / to;
  return Array.from({ length: to }, (_, i) => {
    const [start, end] = [i * length, (i + 1) * length];
    const first = Math.floor(start);
    const last = Math.min(from, Math.max(first + 1, Math.ceil(end - 1e-9)));
    const weights = Array.from({ length: last - first }, (__, k) => (Math.min(end, first + k + 1) - Math.max(start, first + k)) / length);
    return { first, weights };
  });
}
