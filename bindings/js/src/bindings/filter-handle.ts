// The filter of the module as a class: an input in, a verdict out. Owns its handle; dispose() ends it. Every call throws a
// SluiceError when it fails.
import { records } from './abi.js';
import { withBundle, withParts, type PartBytes } from './bundle.js';
import { decimal } from './decimal.js';
import { InputStage, type CoreInput } from './input-stage.js';
import type { SluiceModule } from './module.js';

export interface RawVerdict {
  readonly skip: boolean;
  readonly score: number;
  readonly threshold: number;
}

export class FilterHandle {
  readonly #module: SluiceModule;
  readonly #stage: InputStage;
  readonly #verdict: number;
  readonly #slot: number;
  #handle = 0;

  constructor(module: SluiceModule, manifest: string, parts: readonly PartBytes[]) {
    const { heap, gate } = module;
    this.#module = module;
    this.#stage = new InputStage(heap);
    this.#verdict = heap.allocateRecord(records.verdict.size);
    this.#slot = heap.allocate(8);
    try {
      withBundle(module, manifest, (bundle) =>
        withParts(heap, parts, (array, count) => heap.call((error) => gate.sluice_filter_create(bundle, array, count, this.#slot, error))),
      );
      this.#handle = heap.view.getUint32(this.#slot, true);
    } catch (thrown) {
      this.dispose();
      throw thrown;
    }
  }

  /** Where the next input may be written, so that it need not be copied; see InputStage. */
  room(bytes: number): Uint8Array {
    return this.#stage.room(bytes);
  }

  judge(input: CoreInput): RawVerdict {
    const { heap, gate } = this.#module;
    const record = this.#stage.write(input);
    heap.call((error) => gate.sluice_filter_judge(this.#handle, record, this.#verdict, error));
    const { view } = heap;
    return {
      skip: view.getUint32(this.#verdict + records.verdict.skip, true) === 1,
      score: view.getFloat32(this.#verdict + records.verdict.score, true),
      threshold: view.getFloat32(this.#verdict + records.verdict.threshold, true),
    };
  }

  setAccuracyTarget(target: number): number {
    const { heap, gate } = this.#module;
    heap.call((error) => gate.sluice_filter_set_accuracy_target(this.#handle, target, this.#slot, error));
    return decimal(heap.view.getFloat32(this.#slot, true));
  }

  dispose(): void {
    const { heap, gate } = this.#module;
    if (this.#handle !== 0) heap.destroy(() => gate.sluice_filter_destroy(this.#handle));
    this.#handle = 0;
    this.#stage.free();
    heap.free(this.#verdict);
    heap.free(this.#slot);
  }
}
