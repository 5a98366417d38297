// The gate of the module as a class: a picture in, a verdict out. Owns its handle; dispose() ends it. Every call throws a
// SluiceError when it fails.
import { records } from './abi.js';
import type { SluiceModule } from './module.js';
import { ImageStage, type Pixels } from './tensors.js';

export interface RawVerdict {
  readonly skip: boolean;
  readonly score: number;
  readonly threshold: number;
}

export class GateHandle {
  readonly #module: SluiceModule;
  readonly #stage: ImageStage;
  readonly #verdict: number;
  readonly #slot: number;
  #handle = 0;

  constructor(module: SluiceModule, manifest: string, filter: Uint8Array) {
    const { heap, gate } = module;
    this.#module = module;
    this.#stage = new ImageStage(heap);
    this.#verdict = heap.allocateRecord(records.verdict.size);
    this.#slot = heap.allocate(8);
    try {
      heap.withText(manifest, (json, jsonLength) =>
        heap.withBytes(filter, (onnx, onnxLength) => heap.call((error) => gate.sluice_gate_create(json, jsonLength, onnx, onnxLength, this.#slot, error))),
      );
      this.#handle = heap.view.getUint32(this.#slot, true);
    } catch (thrown) {
      this.dispose();
      throw thrown;
    }
  }

  /** Where the next picture may be written, so that it need not be copied; see ImageStage. */
  room(bytes: number): Uint8Array {
    return this.#stage.room(bytes);
  }

  judge(pixels: Pixels): RawVerdict {
    const { heap, gate } = this.#module;
    const image = this.#stage.write(pixels);
    heap.call((error) => gate.sluice_gate_judge(this.#handle, image, this.#verdict, error));
    const { view } = heap;
    return {
      skip: view.getUint32(this.#verdict + records.verdict.skip, true) === 1,
      score: view.getFloat32(this.#verdict + records.verdict.score, true),
      threshold: view.getFloat32(this.#verdict + records.verdict.threshold, true),
    };
  }

  setAccuracyTarget(target: number): number {
    const { heap, gate } = this.#module;
    heap.call((error) => gate.sluice_gate_set_accuracy_target(this.#handle, target, this.#slot, error));
    return heap.view.getFloat32(this.#slot, true);
  }

  dispose(): void {
    const { heap, gate } = this.#module;
    if (this.#handle !== 0) heap.destroy(() => gate.sluice_gate_destroy(this.#handle));
    this.#handle = 0;
    this.#stage.free();
    heap.free(this.#verdict);
    heap.free(this.#slot);
  }
}
