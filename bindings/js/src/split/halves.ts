// The engine's side of a model in two halves: runs this device's half on a picture. What becomes of that is the client pipeline's
// (core/pipeline/split_route.hpp). Owns the module of the device half. One run after the other.
import { fitRgb } from './fit.js';
import { Lite } from './lite.js';
import type { SplitSpec } from './manifest.js';
import type { PartBytes } from '../bindings/bundle.js';
import type { Pixels } from '../bindings/tensors.js';
import type { Input, InputReader } from '../engine/input.js';
import { toRgb } from '../engine/pixels.js';
import { SluiceError } from '../errors.js';
import type { OutputTensor } from '../types.js';

/** By how many bytes an end may lie behind the place from which a decoder is sure of its channel, as in core/pipeline/split_payload.cpp. */
const mostSpareBytes = 5;

export class Halves {
  /** The device unit, which the pipeline reads as well. */
  readonly part: PartBytes;
  readonly #lite: Lite;
  readonly #spec: SplitSpec;

  constructor(compiled: WebAssembly.Module, unit: Uint8Array, spec: SplitSpec) {
    this.#lite = liteOf(compiled, unit, spec);
    this.#spec = spec;
    this.part = { name: spec.device, bytes: unit };
  }

  get codedChannels(): number {
    return this.#lite.codedChannels;
  }

  /** The guess, the payload, and where each of its channels ends; of `mostChannels` at most, so that no more are sent. */
  run(pixels: Pixels, mostChannels = this.codedChannels): OutputTensor[] {
    placePicture(this.#lite, this.#spec, pixels);
    const guess = this.#lite.run();
    const { bytes, ends } = this.#lite.encode(this.codedChannels);
    const cut = mostChannels > 0 ? (ends[mostChannels - 1] ?? bytes.length) : 0;
    const payload = bytes.slice(0, cut);
    // Channels behind the limit that those bytes may hold as well, in plain pictures, are no more of them: they end with the payload.
    const wanted = ends.filter((end, channel) => channel < mostChannels || (cut > 0 && end <= cut + mostSpareBytes)).map((end) => Math.min(end, cut));
    return [
      { name: 'logits', type: 'float32', dims: [1, guess.length], data: guess },
      { name: 'features', type: 'uint8', dims: [payload.length], data: payload },
      { name: 'ends', type: 'int32', dims: [wanted.length], data: wanted },
    ];
  }
}

/** The device half of a bundle, held against what its manifest says, as every reader of the bundle does (core/pipeline/split_check.hpp). */
export function liteOf(compiled: WebAssembly.Module, unit: Uint8Array, { device, points }: SplitSpec): Lite {
  const lite = new Lite(compiled, unit);
  if (!lite.codes) throw new SluiceError('malformed_model', `part '${device}': the device unit has no tables to code features with`);
  for (const { channels } of points) {
    if (channels <= lite.codedChannels) continue;
    throw new SluiceError('malformed_manifest', `split.points promises something of ${channels} channels; the device half codes ${lite.codedChannels}`);
  }
  return lite;
}

/** What a device half can be given of an input. */
export async function readPicture(input: Input, reader: InputReader): Promise<Pixels> {
  const pixels = await reader.read(input, (bytes) => new Uint8Array(bytes));
  if (!('format' in pixels)) throw new SluiceError('invalid_input', 'a device half takes pictures');
  return pixels;
}

/** Scales a picture to where the next run finds it; nothing may come between the two. */
export function placePicture(lite: Lite, { fit, fill }: SplitSpec, pixels: Pixels): void {
  fitRgb(toRgb(pixels), pixels, lite, fit, fill, lite.picture);
}
