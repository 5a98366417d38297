// Models and what stands around a bundle's full model, as classes over the module. Each owns its handle; dispose() ends it.
import { records, type FullExports } from './abi.js';
import { withBundle } from './bundle.js';
import { InputStage, type CoreInput } from './input-stage.js';
import type { SluiceModule } from './module.js';
import { readTensor, withTensors } from './tensors.js';
import { SluiceError } from '../errors.js';
import type { OutputTensor } from '../types.js';

export interface ModelInfo {
  readonly inputCount: number;
  readonly outputCount: number;
  readonly threads: number;
  readonly weightBytes: number;
  readonly activationBytes: number;
  readonly multiplyAdds: number;
}

function fullOf({ full }: SluiceModule): FullExports {
  if (full === undefined) throw new SluiceError('unsupported_environment', 'the gate-only module runs no full models');
  return full;
}

export class Model {
  readonly #module: SluiceModule;
  readonly #full: FullExports;
  readonly #tensor: number;
  #handle = 0;

  constructor(module: SluiceModule, onnx: Uint8Array, threads: number) {
    const { heap } = module;
    const full = fullOf(module);
    this.#module = module;
    this.#full = full;
    this.#tensor = heap.allocate(records.tensor.size);
    const options = heap.allocateRecord(records.modelOptions.size);
    try {
      heap.view.setUint32(options + records.modelOptions.threads, threads, true);
      heap.withBytes(onnx, (data, length) => heap.call((error) => full.sluice_model_load(data, length, options, this.#tensor, error)));
      this.#handle = heap.view.getUint32(this.#tensor, true);
    } catch (thrown) {
      this.dispose();
      throw thrown;
    } finally {
      heap.free(options);
    }
  }

  inspect(): ModelInfo {
    const { heap } = this.#module;
    const record = heap.allocateRecord(records.modelInfo.size);
    try {
      heap.call((error) => this.#full.sluice_model_inspect(this.#handle, record, error));
      const { view } = heap;
      const u32 = (field: number): number => view.getUint32(record + field, true);
      const u64 = (field: number): number => Number(view.getBigUint64(record + field, true));
      return {
        inputCount: u32(records.modelInfo.inputCount),
        outputCount: u32(records.modelInfo.outputCount),
        threads: u32(records.modelInfo.threads),
        weightBytes: u64(records.modelInfo.weightBytes),
        activationBytes: u64(records.modelInfo.activationBytes),
        multiplyAdds: u64(records.modelInfo.multiplyAdds),
      };
    } finally {
      heap.free(record);
    }
  }

  /** Runs on tensors that already lie in the module's memory, `record` being the first of `count` tensor records. */
  runInPlace(record: number, count: number): void {
    this.#module.heap.call((error) => this.#full.sluice_model_run(this.#handle, record, count, error));
  }

  run(inputs: readonly OutputTensor[]): OutputTensor[] {
    withTensors(this.#module.heap, inputs, (array, count) => this.runInPlace(array, count));
    return this.outputs();
  }

  /** Runs `use` on the records of the last run's outputs, which stay in the module's memory. */
  withOutputs<T>(use: (address: number, count: number) => T): T {
    const { heap } = this.#module;
    const count = this.inspect().outputCount;
    const array = heap.allocate(records.tensor.size * count);
    try {
      for (let i = 0; i < count; ++i) {
        heap.call((error) => this.#full.sluice_model_output(this.#handle, i, array + i * records.tensor.size, error));
      }
      return use(array, count);
    } finally {
      heap.free(array);
    }
  }

  /** Copies of the last run's outputs. */
  outputs(): OutputTensor[] {
    return this.withOutputs((array, count) => Array.from({ length: count }, (_, i) => readTensor(this.#module.heap, array + i * records.tensor.size)));
  }

  dispose(): void {
    if (this.#handle !== 0) this.#module.heap.destroy(() => this.#full.sluice_model_destroy(this.#handle));
    this.#handle = 0;
    this.#module.heap.free(this.#tensor);
  }
}

/** Input to the model's tensor, raw outputs to results, as the manifest says. */
export class ModelIo {
  readonly #module: SluiceModule;
  readonly #full: FullExports;
  readonly #stage: InputStage;
  readonly #tensor: number;
  #handle = 0;

  constructor(module: SluiceModule, manifest: string) {
    const { heap } = module;
    this.#module = module;
    this.#full = fullOf(module);
    this.#stage = new InputStage(heap);
    this.#tensor = heap.allocate(records.tensor.size);
    try {
      withBundle(module, manifest, (bundle) => heap.call((error) => this.#full.sluice_model_io_create(bundle, this.#tensor, error)));
      this.#handle = heap.view.getUint32(this.#tensor, true);
    } catch (thrown) {
      this.dispose();
      throw thrown;
    }
  }

  /** Where the next input may be written, so that it need not be copied; see InputStage. */
  room(bytes: number): Uint8Array {
    return this.#stage.room(bytes);
  }

  /** The address of the input tensor's record, valid until the next prepare. */
  prepareInPlace(input: CoreInput): number {
    const record = this.#stage.write(input);
    this.#module.heap.call((error) => this.#full.sluice_model_io_prepare(this.#handle, record, this.#tensor, error));
    return this.#tensor;
  }

  prepare(input: CoreInput): OutputTensor {
    return readTensor(this.#module.heap, this.prepareInPlace(input));
  }

  /** Decodes the outputs of a run on what was prepared last. */
  decode(outputs: readonly OutputTensor[]): OutputTensor[] {
    return withTensors(this.#module.heap, outputs, (array, count) => this.decodeInPlace(array, count));
  }

  /** The same for tensors that lie in the module's memory, `array` being the first of `count` records. */
  decodeInPlace(array: number, count: number): OutputTensor[] {
    const { heap } = this.#module;
    const slot = heap.allocate(records.tensor.size);
    try {
      heap.call((error) => this.#full.sluice_model_io_decode(this.#handle, array, count, slot, error));
      const results = heap.view.getUint32(slot, true);
      return Array.from({ length: results }, (_, i) => {
        heap.call((error) => this.#full.sluice_model_io_result(this.#handle, i, slot, error));
        return readTensor(heap, slot);
      });
    } finally {
      heap.free(slot);
    }
  }

  dispose(): void {
    if (this.#handle !== 0) this.#module.heap.destroy(() => this.#full.sluice_model_io_destroy(this.#handle));
    this.#handle = 0;
    this.#stage.free();
    this.#module.heap.free(this.#tensor);
  }
}
