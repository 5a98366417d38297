// openDeviceHalf(): the device half of a split model alone, on the calling thread, for pages that show what it makes of a picture.
// open() runs it as a part of the whole. The gate's module reads the manifest and is let go then.
import { probeFeatures } from './bindings/probes.js';
import { chooseForQuestions } from './bindings/variant.js';
import { Bundle, fetchManifest } from './engine/bundle.js';
import type { DownloadContext } from './engine/download.js';
import { InputReader, release } from './engine/input.js';
import { Turns } from './engine/turns.js';
import { compileFile, loadModule, type CompiledFiles } from './engine/wasm.js';
import { aborted, SluiceError } from './errors.js';
import { takeIn } from './intake.js';
import { defaultMaxMemoryBytes, placeOf, wasmAssets } from './open.js';
import { openDeviceHalfOptions } from './options.js';
import { liteOf, placePicture, readPicture } from './split/halves.js';
import type { Lite } from './split/lite.js';
import { readSplit, type SplitSpec } from './split/manifest.js';
import type { Target } from './targets/target.js';
import type { BundleInfo, DeviceHalf, DeviceHalfRun, Frame, OpenDeviceHalf, SplitPoint } from './types.js';
import { guarded, guardedLogger } from './user-calls.js';

export function makeOpenDeviceHalf(target: Target): OpenDeviceHalf {
  return async (from, given = {}) => {
    const options = openDeviceHalfOptions(given);
    const { signal } = options;
    if (signal?.aborted) throw aborted(signal, 'openDeviceHalf()');
    const context: DownloadContext = { target, signal, onProgress: guarded('onProgress()', options.onProgress, guardedLogger(undefined)) };
    const features = probeFeatures(target.hardwareConcurrency);
    const assets = await wasmAssets(options.assets, signal, target);
    const manifest = await fetchManifest(await placeOf(from, signal, target), context);
    const compiledFiles: CompiledFiles = new Map();
    const choice = chooseForQuestions(features, { small: 'gate', modality: manifest.modality });
    const module = await loadModule(choice, features, assets, defaultMaxMemoryBytes, context, compiledFiles);
    try {
      const bundle = new Bundle(module, manifest);
      const spec = readSplit(bundle.text);
      if (spec === undefined) {
        throw new SluiceError('invalid_argument', `the model of bundle '${bundle.info.name}' is not in two halves`, {
          hint: 'train halves with: sluice fit --split',
        });
      }
      const unit = await bundle.part(spec.device, context);
      return new DeviceHalfHandle(bundle, spec, liteOf(await compileFile('sluice-lite.wasm', assets, context, compiledFiles), unit, spec));
    } finally {
      module.dispose();
    }
  };
}

class DeviceHalfHandle implements DeviceHalf {
  readonly bundle: BundleInfo;
  readonly manifest: string;
  readonly points: readonly SplitPoint[];
  readonly channels: number;
  readonly width: number;
  readonly height: number;
  readonly #spec: SplitSpec;
  readonly #lite: Lite;
  readonly #reader = new InputReader(1);
  readonly #turns = new Turns();

  constructor({ info, text }: Bundle, spec: SplitSpec, lite: Lite) {
    this.bundle = info;
    this.manifest = text;
    this.points = spec.points;
    this.channels = lite.codedChannels;
    this.width = lite.width;
    this.height = lite.height;
    this.#spec = spec;
    this.#lite = lite;
  }

  async run(frame: Frame): Promise<DeviceHalfRun> {
    const { input } = await takeIn(frame, false);
    try {
      return await this.#turns.take(async () => {
        placePicture(this.#lite, this.#spec, await readPicture(input, this.#reader));
        const picture = this.#lite.picture.slice();
        const started = performance.now();
        const guess = this.#lite.run();
        const tookMs = performance.now() - started;
        const { maps, width, height, symbols } = this.#lite.features();
        const payloadBytes = [0, ...this.#lite.encode(this.channels).ends];
        return { guess, picture, maps, mapWidth: width, mapHeight: height, symbols, payloadBytes, tookMs };
      });
    } finally {
      release(input);
    }
  }
}
