// Pixels in memory from one layout to another, for payloads. The factors of I420 and NV12 are the
// core's, in eight bits.
import type { Pixels } from '../bindings/tensors.js';
import { SluiceError } from '../errors.js';
import type { PixelFormat, YuvColours } from '../types.js';

// Where red, green and blue lie within a pixel, and how many bytes it takes.
const interleaved: Partial<Readonly<Record<PixelFormat, readonly [number, number, number, number]>>> = {
  rgba: [0, 1, 2, 4],
  rgb: [0, 1, 2, 3],
  bgr: [2, 1, 0, 3],
  bgra: [2, 1, 0, 4],
  gray: [0, 0, 0, 1],
};

/** Bytes that a picture takes without gaps. */
export function pixelBytes(format: PixelFormat, width: number, height: number): number {
  const layout = interleaved[format];
  if (layout !== undefined) return width * height * layout[3];
  return width * height + 2 * Math.ceil(width / 2) * Math.ceil(height / 2);
}

/** Packed RGB. */
export function toRgb(pixels: Pixels): Uint8Array {
  return convert(pixels, 3);
}

/** Packed RGBA, opaque. */
export function toRgba(pixels: Pixels): Uint8ClampedArray<ArrayBuffer> {
  const rgba = convert(pixels, 4);
  return new Uint8ClampedArray(rgba.buffer, rgba.byteOffset, rgba.length);
}

function convert(pixels: Pixels, step: 3 | 4): Uint8Array<ArrayBuffer> {
  const { width, height, format, data } = pixels;
  const needed = pixelBytes(format, width, height);
  if (data.length < needed) {
    throw new SluiceError('invalid_image', `${format} of ${width} x ${height} takes ${needed} bytes; there are ${data.length}`);
  }
  const out = new Uint8Array(width * height * step);
  if (step === 4) out.fill(255);
  const layout = interleaved[format];
  if (layout === undefined) convertYuv(pixels, out, step);
  else convertInterleaved(data, layout, out, step);
  return out;
}

function convertInterleaved(data: ArrayLike<number>, layout: readonly [number, number, number, number], out: Uint8Array, step: number): void {
  const [red, green, blue, size] = layout;
  for (let from = 0, to = 0; to < out.length; from += size, to += step) {
    out[to] = data[from + red]!;
    out[to + 1] = data[from + green]!;
    out[to + 2] = data[from + blue]!;
  }
}

interface YuvFactors {
  readonly black: number;
  readonly luma: number;
  readonly redFromV: number;
  readonly greenFromU: number;
  readonly greenFromV: number;
  readonly blueFromU: number;
}

/** `red` and `blue`: their shares of the luma. */
function yuvFactors(red: number, blue: number, fullRange: boolean): YuvFactors {
  const green = 1 - red - blue;
  const chroma = fullRange ? 256 : (256 * 255) / 224;
  return {
    black: fullRange ? 0 : 16,
    luma: Math.round(fullRange ? 256 : (256 * 255) / 219),
    redFromV: Math.round(2 * (1 - red) * chroma),
    greenFromU: Math.round(((2 * (1 - blue) * blue) / green) * chroma),
    greenFromV: Math.round(((2 * (1 - red) * red) / green) * chroma),
    blueFromU: Math.round(2 * (1 - blue) * chroma),
  };
}

const factors: Readonly<Record<YuvColours, YuvFactors>> = {
  bt601: yuvFactors(0.299, 0.114, false),
  'bt601-full': yuvFactors(0.299, 0.114, true),
  bt709: yuvFactors(0.2126, 0.0722, false),
  'bt709-full': yuvFactors(0.2126, 0.0722, true),
};

function convertYuv({ width, height, format, data, yuv }: Pixels, out: Uint8Array, step: number): void {
  const { black, luma, redFromV, greenFromU, greenFromV, blueFromU } = factors[yuv ?? 'bt601'];
  const chromaWidth = (width + 1) >> 1;
  const chromaHeight = (height + 1) >> 1;
  const u = width * height;
  const [v, stride] = format === 'i420' ? [u + chromaWidth * chromaHeight, 1] : [u + 1, 2];
  let to = 0;
  for (let y = 0; y < height; ++y) {
    for (let x = 0; x < width; ++x, to += step) {
      const at = ((y >> 1) * chromaWidth + (x >> 1)) * stride;
      const base = luma * (data[y * width + x]! - black) + 128;
      const d = data[u + at]! - 128;
      const e = data[v + at]! - 128;
      out[to] = clamp((base + redFromV * e) >> 8);
      out[to + 1] = clamp((base - greenFromU * d - greenFromV * e) >> 8);
      out[to + 2] = clamp((base + blueFromU * d) >> 8);
    }
  }
}

function clamp(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
