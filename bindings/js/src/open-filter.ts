// openFilter(): the bundle's SKIP filter in the gate-only module, on the calling thread. For pages and workers that run the
// model or reach their server in a way of their own; open() is the whole pipeline.
import { GateHandle } from './bindings/gate-handle.js';
import { probeFeatures } from './bindings/probes.js';
import { chooseVariant } from './bindings/variant.js';
import { Bundle } from './engine/bundle.js';
import type { DownloadContext } from './engine/download.js';
import { PictureReader, release } from './engine/picture.js';
import { loadModule } from './engine/wasm.js';
import { aborted, SluiceError } from './errors.js';
import { takeIn } from './intake.js';
import { defaultMaxMemoryBytes, placeOf, wasmAssets } from './open.js';
import type { Target } from './targets/target.js';
import type { Filter, FilterVerdict, Frame, OpenFilter } from './types.js';

export function makeOpenFilter(target: Target): OpenFilter {
  return async (from, options = {}) => {
    const { signal, accuracyTarget } = options;
    if (signal?.aborted) throw aborted(signal, 'openFilter()');
    const context: DownloadContext = { target, signal, onProgress: options.onProgress };
    const features = probeFeatures(target.hardwareConcurrency);
    const choice = chooseVariant(features, { runs: 'gate', threads: false, noBlocking: undefined });
    const assets = await wasmAssets(options.assets, signal, target);
    const module = await loadModule(choice, features, assets, options.maxMemoryBytes ?? defaultMaxMemoryBytes, context);
    const check = (manifest: string): void =>
      module.heap.withText(manifest, (json, length) => module.heap.call((error) => module.gate.sluice_manifest_check(json, length, error)));
    const bundle = await Bundle.load(await placeOf(from, signal, target), check, context);
    if (bundle.filterPart === undefined) {
      throw new SluiceError('invalid_argument', `the bundle '${bundle.info.name}' has no SKIP filter`, { hint: 'train one with: sluice fit' });
    }
    const handle = new GateHandle(module, bundle.text, await bundle.part(bundle.filterPart, context));
    const filter = new FilterImpl(bundle, handle);
    if (accuracyTarget !== undefined) filter.setAccuracyTarget(accuracyTarget);
    if (signal?.aborted) throw aborted(signal, 'openFilter()');
    return filter;
  };
}

class FilterImpl implements Filter {
  readonly bundle: Bundle['info'];
  readonly #reader = new PictureReader(1);
  #handle: GateHandle | undefined;

  constructor(bundle: Bundle, handle: GateHandle) {
    this.bundle = bundle.info;
    this.#handle = handle;
  }

  async judge(frame: Frame): Promise<FilterVerdict> {
    const { picture } = await takeIn(frame, false);
    try {
      const started = performance.now();
      const verdict = this.#open().judge(this.#reader.pixels(picture));
      return { ...verdict, gateMs: performance.now() - started };
    } finally {
      release(picture);
    }
  }

  setAccuracyTarget(target: number): number {
    return this.#open().setAccuracyTarget(target);
  }

  dispose(): void {
    this.#handle?.dispose();
    this.#handle = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #open(): GateHandle {
    if (this.#handle === undefined) throw new SluiceError('disposed', 'the filter was used after dispose()');
    return this.#handle;
  }
}
