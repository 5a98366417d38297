// Writes JPEG files where no canvas does, as in Node: baseline, no colour left out, with the tables of the standard's Annex K for brightness
// used for all three components. For pictures that were made small; a browser's own encoder is faster. Plain functions.
// prettier-ignore
const quantisers = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
  18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];
const meanLengths = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
const meanSymbols = Array.from({ length: 12 }, (_, bits) => bits);
const detailLengths = [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125];
const detailSymbols = bytesOf(
  '01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a434445464748494a' +
    '535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6' +
    'c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa',
);
const endOfBlock = 0x00;
const sixteenZeros = 0xf0;

type Codes = ReadonlyMap<number, { readonly code: number; readonly length: number }>;
const meanCodes = codesOf(meanLengths, meanSymbols);
const detailCodes = codesOf(detailLengths, detailSymbols);
const zigzag = zigzagOrder();
/** cosines[frequency * 8 + place], with the factors that make the transform orthonormal. */
const cosines = Float64Array.from({ length: 64 }, (_, i) => (i < 8 ? Math.SQRT1_2 : 1) * 0.5 * Math.cos(((2 * (i & 7) + 1) * (i >> 3) * Math.PI) / 16));

/** `rgb`: packed; `quality`: (0, 1]. */
export function writeJpeg(rgb: Uint8Array, width: number, height: number, quality: number): Uint8Array<ArrayBuffer> {
  const steps = stepsOf(quality);
  const coder = new BitWriter();
  const planes = [new Float64Array(64), new Float64Array(64), new Float64Array(64)];
  const means = [0, 0, 0];
  for (let top = 0; top < height; top += 8) {
    for (let left = 0; left < width; left += 8) {
      readBlock(rgb, width, height, left, top, planes);
      planes.forEach((plane, i) => (means[i] = writeBlock(coder, coefficientsOf(plane, steps), means[i]!)));
    }
  }
  return new Uint8Array([...headOf(width, height, steps), ...coder.end(), 0xff, 0xd9]);
}

function headOf(width: number, height: number, steps: readonly number[]): number[] {
  const components = [1, 2, 3];
  return [
    ...[0xff, 0xd8],
    ...segment(0xe0, [0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0]), // JFIF: the colours are YCbCr
    ...segment(0xdb, [0, ...zigzag.map((place) => steps[place]!)]),
    ...segment(0xc0, [8, height >> 8, height & 255, width >> 8, width & 255, 3, ...components.flatMap((component) => [component, 0x11, 0])]),
    ...segment(0xc4, [0x00, ...meanLengths, ...meanSymbols]),
    ...segment(0xc4, [0x10, ...detailLengths, ...detailSymbols]),
    ...segment(0xda, [3, ...components.flatMap((component) => [component, 0]), 0, 63, 0]),
  ];
}

function segment(marker: number, bytes: readonly number[]): number[] {
  return [0xff, marker, (bytes.length + 2) >> 8, (bytes.length + 2) & 255, ...bytes];
}

/** By how much each frequency is divided, as the usual encoders scale the table. */
function stepsOf(quality: number): number[] {
  const percent = Math.max(1, Math.min(100, Math.round(quality * 100)));
  const scale = percent < 50 ? 5000 / percent : 200 - 2 * percent;
  return quantisers.map((step) => Math.max(1, Math.min(255, Math.floor((step * scale + 50) / 100))));
}

/** Eight by eight pixels as brightness and two differences, about zero; beyond the picture its last row and column go on. */
function readBlock(rgb: Uint8Array, width: number, height: number, left: number, top: number, planes: readonly Float64Array[]): void {
  for (let y = 0; y < 8; ++y) {
    const row = Math.min(top + y, height - 1) * width;
    for (let x = 0; x < 8; ++x) {
      const at = 3 * (row + Math.min(left + x, width - 1));
      const [red, green, blue] = [rgb[at]!, rgb[at + 1]!, rgb[at + 2]!];
      const brightness = 0.299 * red + 0.587 * green + 0.114 * blue;
      planes[0]![8 * y + x] = brightness - 128;
      planes[1]![8 * y + x] = (blue - brightness) * 0.564;
      planes[2]![8 * y + x] = (red - brightness) * 0.713;
    }
  }
}

const rowsDone = new Float64Array(64);

/** The block's frequencies, divided and rounded, in the order of the file. */
function coefficientsOf(block: Float64Array, steps: readonly number[]): number[] {
  for (let y = 0; y < 8; ++y) {
    for (let u = 0; u < 8; ++u) {
      let sum = 0;
      for (let x = 0; x < 8; ++x) sum += block[8 * y + x]! * cosines[8 * u + x]!;
      rowsDone[8 * y + u] = sum;
    }
  }
  return zigzag.map((place) => {
    const [u, v] = [place & 7, place >> 3];
    let sum = 0;
    for (let y = 0; y < 8; ++y) sum += rowsDone[8 * y + u]! * cosines[8 * v + y]!;
    return Math.round(sum / steps[place]!);
  });
}

/** Returns the block's mean, from which the next one's is told. */
function writeBlock(coder: BitWriter, coefficients: readonly number[], before: number): number {
  const mean = coefficients[0]!;
  const change = mean - before;
  coder.symbol(meanCodes, bitsOf(change));
  coder.value(change);
  let zeros = 0;
  for (let i = 1; i < 64; ++i) {
    const value = coefficients[i]!;
    if (value === 0) {
      ++zeros;
      continue;
    }
    for (; zeros > 15; zeros -= 16) coder.symbol(detailCodes, sixteenZeros);
    coder.symbol(detailCodes, (zeros << 4) | bitsOf(value));
    coder.value(value);
    zeros = 0;
  }
  if (zeros > 0) coder.symbol(detailCodes, endOfBlock);
  return mean;
}

function bitsOf(value: number): number {
  return 32 - Math.clz32(Math.abs(value));
}

class BitWriter {
  readonly #bytes: number[] = [];
  #held = 0;
  #count = 0;

  symbol(codes: Codes, symbol: number): void {
    const { code, length } = codes.get(symbol)!;
    this.#put(code, length);
  }

  /** Without its sign's bit: a negative one is told by its complement. */
  value(value: number): void {
    const bits = bitsOf(value);
    this.#put(value < 0 ? value + (1 << bits) - 1 : value, bits);
  }

  end(): number[] {
    if (this.#count > 0) this.#put((1 << (8 - this.#count)) - 1, 8 - this.#count);
    return this.#bytes;
  }

  #put(bits: number, length: number): void {
    for (let i = length - 1; i >= 0; --i) {
      this.#held = (this.#held << 1) | ((bits >> i) & 1);
      if (++this.#count < 8) continue;
      this.#bytes.push(this.#held);
      if (this.#held === 0xff) this.#bytes.push(0); // else it would begin a marker
      this.#held = this.#count = 0;
    }
  }
}

/** The codes that the table's lengths stand for, shortest first. */
function codesOf(lengths: readonly number[], symbols: readonly number[]): Codes {
  const codes = new Map<number, { code: number; length: number }>();
  let code = 0;
  let next = 0;
  lengths.forEach((count, i) => {
    for (let k = 0; k < count; ++k) codes.set(symbols[next++]!, { code: code++, length: i + 1 });
    code <<= 1;
  });
  return codes;
}

/** Places of a block from the lowest frequencies to the highest, along its diagonals. */
function zigzagOrder(): number[] {
  const places = Array.from({ length: 64 }, (_, place) => place);
  const rank = (place: number): number => {
    const [x, y] = [place & 7, place >> 3];
    return 16 * (x + y) + ((x + y) % 2 === 0 ? x : y);
  };
  return places.sort((a, b) => rank(a) - rank(b));
}

function bytesOf(hex: string): number[] {
  return Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}
