// openFilter(): the bundle's SKIP filter in the gate-only module, on the calling thread. For pages and workers that run the
// model or reach their server in a way of their own; open() is the whole pipeline.
import { FilterHandle } from './bindings/filter-handle.js';
import { probeFeatures } from './bindings/probes.js';
import { ModuleTrap } from './bindings/trap.js';
import { chooseForQuestions } from './bindings/variant.js';
import { Bundle, fetchManifest } from './engine/bundle.js';
import type { DownloadContext } from './engine/download.js';
import { InputReader, release, type Input as HeldInput } from './engine/input.js';
import { Turns } from './engine/turns.js';
import { loadModule, type CompiledFiles } from './engine/wasm.js';
import { abortable } from './abortable.js';
import { aborted, SluiceError } from './errors.js';
import { takeIn } from './intake.js';
import { defaultMaxMemoryBytes, placeOf, wasmAssets } from './open.js';
import { accuracyTargetGiven, callOptions, openFilterOptions } from './options.js';
import { guarded, guardedLogger } from './user-calls.js';
import type { Target } from './targets/target.js';
import type { CallOptions, Filter, FilterVerdict, Input, OpenFilter } from './types.js';

export function makeOpenFilter(target: Target): OpenFilter {
  return async (from, given = {}) => {
    const options = openFilterOptions(given);
    const { signal, accuracyTarget } = options;
    if (signal?.aborted) throw aborted(signal, 'openFilter()');
    const context: DownloadContext = { target, signal, onProgress: guarded('onProgress()', options.onProgress, guardedLogger(undefined)) };
    const features = probeFeatures(target.hardwareConcurrency);
    const assets = await wasmAssets(options.assets, signal, target);
    const manifest = await fetchManifest(await placeOf(from, signal, target), context);
    const choice = chooseForQuestions(features, { small: 'gate', modality: manifest.modality });
    const compiledFiles: CompiledFiles = new Map();
    const load = (loading: DownloadContext): ReturnType<typeof loadModule> =>
      loadModule(choice, features, assets, options.maxMemoryBytes ?? defaultMaxMemoryBytes, loading, compiledFiles);
    const module = await load(context);
    const bundle = new Bundle(module, manifest);
    if (!bundle.info.questions.some(({ kind }) => kind === 'skip')) {
      throw new SluiceError('invalid_argument', `the bundle '${bundle.info.name}' has no SKIP filter`, { hint: 'train one with: sluice fit' });
    }
    const parts = await bundle.questionParts(context);
    const handle = new FilterHandle(module, bundle.text, parts);
    const filter = new FilterImpl(bundle, handle, async () => new FilterHandle(await load({ target }), bundle.text, parts));
    if (accuracyTarget !== undefined) await filter.setAccuracyTarget(accuracyTarget);
    if (signal?.aborted) {
      filter.dispose();
      throw aborted(signal, 'openFilter()');
    }
    return filter;
  };
}

class FilterImpl implements Filter {
  readonly bundle: Bundle['info'];
  readonly #reader = new InputReader(1);
  readonly #turns = new Turns(); // one input at a time is in the module's memory
  readonly #remake: () => Promise<FilterHandle>;
  #handle: FilterHandle | undefined;
  #remaking: Promise<void> | undefined; // after a trap, until there is a handle again
  #target: number | undefined;
  #disposed = false;

  constructor(bundle: Bundle, handle: FilterHandle, remake: () => Promise<FilterHandle>) {
    this.bundle = bundle.info;
    this.#handle = handle;
    this.#remake = remake;
  }

  async judge(given: Input, options: CallOptions = {}): Promise<FilterVerdict> {
    const { signal } = callOptions(options, 'judge()');
    if (signal?.aborted) throw aborted(signal, 'judge()');
    const { input } = await takeIn(given, false);
    try {
      return await abortable(signal, 'judge()', async () => this.#turns.take(() => this.#use((handle) => this.#judge(handle, input))));
    } finally {
      release(input);
    }
  }

  async #judge(handle: FilterHandle, input: HeldInput): Promise<FilterVerdict> {
    const started = performance.now();
    const read = await this.#reader.read(input, (bytes) => handle.room(bytes));
    if (this.#disposed) throw new SluiceError('disposed', 'the filter was disposed while it read the input');
    return { ...handle.judge(read), gateMs: performance.now() - started };
  }

  async setAccuracyTarget(target: number, options: CallOptions = {}): Promise<number> {
    const { signal } = callOptions(options, 'setAccuracyTarget()');
    accuracyTargetGiven(target);
    return abortable(signal, 'setAccuracyTarget()', () =>
      this.#use((handle) => {
        const kept = handle.setAccuracyTarget(target);
        this.#target = target;
        return kept;
      }),
    );
  }

  dispose(): void {
    this.#disposed = true;
    this.#handle?.dispose();
    this.#handle = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** A trap fails the call that met it; the next one finds a new instance. */
  async #use<T>(call: (handle: FilterHandle) => T | Promise<T>): Promise<T> {
    if (this.#handle === undefined && !this.#disposed) this.#remaking ??= this.#restore();
    await this.#remaking;
    if (this.#handle === undefined) throw new SluiceError('disposed', 'the filter was used after dispose()');
    try {
      return await call(this.#handle);
    } catch (thrown) {
      if (thrown instanceof ModuleTrap) this.#handle = undefined;
      throw thrown;
    }
  }

  async #restore(): Promise<void> {
    try {
      const handle = await this.#remake();
      if (this.#target !== undefined) handle.setAccuracyTarget(this.#target);
      if (this.#disposed) handle.dispose();
      else this.#handle = handle;
    } finally {
      this.#remaking = undefined;
    }
  }
}
