// A picture onto the grid of a device half, as the core's preprocessing places it (core/input/axis_taps.cpp): down-scaling
// averages what a pixel covers, up-scaling goes linearly between centres, with weights of as many bits.
export type Fit = 'stretch' | 'letterbox';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Which source cells an output cell reads, from `first` on, and their weights. */
interface Taps {
  readonly first: number;
  readonly weights: readonly number[];
  readonly total: number;
}

const areaOne = 1 << 7;
const linearOne = 1 << 8;

/** `rgb` is packed and of `size`; the result goes into `out`, packed, of `target`. `fill`: pixel value beside a letterboxed picture. */
export function fitRgb(rgb: Uint8Array, size: Size, target: Size, fit: Fit, fill: number, out: Uint8Array): void {
  const placed = fit === 'letterbox' ? letterboxed(size, target) : target;
  if (placed.width < target.width || placed.height < target.height) out.fill(Math.min(255, Math.max(0, Math.round(fill))));
  const columns = taps(size.width, placed.width);
  const rows = taps(size.height, placed.height);
  const sums = new Float64Array(3 * size.width);
  rows.forEach((row, y) => {
    sumRows(rgb, row, sums);
    columns.forEach(({ first, weights, total }, x) => {
      for (let c = 0; c < 3; ++c) {
        let sum = 0;
        for (let i = 0; i < weights.length; ++i) sum += weights[i]! * sums[3 * (first + i) + c]!;
        // In 1/256 first, as the core's are, so that both round alike.
        const in256 = Math.floor((sum * 256) / (total * row.total) + 0.5);
        out[3 * (y * target.width + x) + c] = Math.floor(in256 / 256 + 0.5);
      }
    });
  });
}

function sumRows(rgb: Uint8Array, { first, weights }: Taps, sums: Float64Array): void {
  sums.fill(0);
  weights.forEach((weight, i) => {
    const from = (first + i) * sums.length;
    for (let at = 0; at < sums.length; ++at) sums[at]! += weight * rgb[from + at]!;
  });
}

/** The longer side fills the target, the other keeps the aspect; the picture lies at the top left. */
export function letterboxed({ width, height }: Size, target: Size): Size {
  const fitted = (side: number, other: number, otherTarget: number): number => Math.max(1, Math.floor((side * otherTarget + Math.floor(other / 2)) / other));
  if (width * target.height >= height * target.width) return { width: target.width, height: Math.min(target.height, fitted(height, width, target.width)) };
  return { width: Math.min(target.width, fitted(width, height, target.height)), height: target.height };
}

function taps(source: number, target: number): Taps[] {
  return Array.from({ length: target }, (_, output) => (target > source ? linearTaps(output, source, target) : areaTaps(output, source, target)));
}

// Lengths are counted in 1/target of a pixel, in which both grids have whole borders.
function areaTaps(output: number, source: number, target: number): Taps {
  const [begin, end] = [output * source, output * source + source];
  const first = Math.floor(begin / target);
  const last = Math.floor((end - 1) / target);
  const weights = Array.from({ length: last - first + 1 }, (_, i) => {
    const covered = Math.min((first + i + 1) * target, end) - Math.max((first + i) * target, begin);
    return Math.floor((covered * areaOne + Math.floor(target / 2)) / target);
  });
  return { first, weights, total: weights.reduce((sum, weight) => sum + weight, 0) };
}

function linearTaps(output: number, source: number, target: number): Taps {
  const unit = 2 * target; // one cell
  const position = Math.max(0, (2 * output + 1) * source - target);
  const first = Math.min(Math.floor(position / unit), source - 1);
  if (first === source - 1) return { first, weights: [linearOne], total: linearOne };
  const right = Math.floor(((position % unit) * linearOne + target) / unit);
  return { first, weights: [linearOne - right, right], total: linearOne };
}
