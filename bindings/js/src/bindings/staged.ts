// A bundle's model by stages, with its early exits, as a class over the module. Owns its handle; dispose() ends it. Every call throws a
// SluiceError when it fails.
import { records, type FullExports } from './abi.js';
import { withBundle, withParts, type PartBytes } from './bundle.js';
import { InputStage, type CoreInput } from './input-stage.js';
import type { SluiceModule } from './module.js';
import { readTensor } from './tensors.js';
import { SluiceError } from '../errors.js';
import type { ExitInfo, OutputTensor, StagesInfo } from '../types.js';

/** A stage that the client wants run, for one of its attempts; or, where it is to be coded, what it left when it ran. */
export interface StageWork {
  readonly attempt: number;
  readonly stage: number;
  readonly withExit: boolean;
  readonly coded: boolean;
}

/** How far the stages are loaded, of a model with a cut: to the model's end, or to there. */
export type CutExtent = 'to-end' | 'to-cut';

export class Staged {
  readonly #module: SluiceModule;
  readonly #full: FullExports;
  readonly #stage: InputStage;
  readonly #slot: number; // of a number that a call puts out, or of a tensor
  readonly #counted: number; // eight bytes
  #handle = 0;

  /** `parts`: the model and its exits, and with `cut` the coding of what is sent from there. */
  constructor(module: SluiceModule, manifest: string, parts: readonly PartBytes[], threads: number, cut?: CutExtent) {
    const { heap, full } = module;
    if (full === undefined) throw new SluiceError('unsupported_environment', 'this module runs no full models');
    this.#module = module;
    this.#full = full;
    this.#stage = new InputStage(heap);
    this.#slot = heap.allocate(records.tensor.size);
    this.#counted = heap.allocate(8);
    const options = heap.allocateRecord(records.modelOptions.size);
    try {
      heap.view.setUint32(options + records.modelOptions.threads, threads, true);
      withBundle(module, manifest, (bundle) =>
        withParts(heap, parts, (array, count) =>
          heap.call((error) =>
            cut === undefined
              ? full.sluice_staged_load(bundle, array, count, options, this.#slot, error)
              : full.sluice_staged_load_cut(bundle, array, count, cut === 'to-end' ? 1 : 0, options, this.#slot, error),
          ),
        ),
      );
      this.#handle = heap.view.getUint32(this.#slot, true);
    } catch (thrown) {
      this.dispose();
      throw thrown;
    } finally {
      heap.free(options);
    }
  }

  /** What the stages and exits cost. */
  inspect(): StagesInfo {
    const fields = records.stagedInfo;
    const { count, exitsInAll, multiplyAdds } = this.#record(
      fields.size,
      (out, error) => this.#full.sluice_staged_inspect(this.#handle, out, error),
      (record, view) => ({
        count: view.getUint32(record + fields.exitCount, true),
        exitsInAll: view.getUint32(record + fields.exitsInAll, true),
        multiplyAdds: Number(view.getBigUint64(record + fields.multiplyAdds, true)),
      }),
    );
    let reached = 0;
    const exits = Array.from({ length: count }, (_, i): ExitInfo => {
      const { tensor, stage, exit } = this.#exit(i);
      reached += stage;
      return { tensor, modelMultiplyAdds: reached, multiplyAdds: exit };
    });
    return { multiplyAdds, exits, exitsInAll };
  }

  /** Where the next input may be written, so that it need not be copied; see InputStage. */
  room(bytes: number): Uint8Array {
    return this.#stage.room(bytes);
  }

  /** Runs a stage, the first one on `input`; copies of what it gave, and the multiply-adds that were run for it. */
  run({ attempt, stage, withExit }: StageWork, input: CoreInput | undefined): { readonly outputs: OutputTensor[]; readonly multiplyAdds: number } {
    const { heap } = this.#module;
    const record = input === undefined ? 0 : this.#stage.write(input);
    heap.call((error) => this.#full.sluice_staged_run(this.#handle, BigInt(attempt), stage, withExit ? 1 : 0, record, this.#slot, this.#counted, error));
    const count = heap.view.getUint32(this.#slot, true);
    const multiplyAdds = Number(heap.view.getBigUint64(this.#counted, true));
    return { outputs: Array.from({ length: count }, (_, i) => this.#output(i)), multiplyAdds };
  }

  /** A copy of what that stage left, as the bytes that a server goes on from. */
  code({ attempt, stage }: StageWork): Uint8Array {
    this.#module.heap.call((error) => this.#full.sluice_staged_code(this.#handle, BigInt(attempt), stage, this.#slot, error));
    return this.#module.heap.bytesAt(this.#slot);
  }

  dispose(): void {
    const { heap } = this.#module;
    if (this.#handle !== 0) heap.destroy(() => this.#full.sluice_staged_destroy(this.#handle));
    this.#handle = 0;
    this.#stage.free();
    for (const address of [this.#slot, this.#counted]) heap.free(address);
  }

  #output(index: number): OutputTensor {
    this.#module.heap.call((error) => this.#full.sluice_staged_output(this.#handle, index, this.#slot, error));
    return readTensor(this.#module.heap, this.#slot);
  }

  #exit(index: number): { readonly tensor: string; readonly stage: number; readonly exit: number } {
    const fields = records.exitInfo;
    return this.#record(
      fields.size,
      (out, error) => this.#full.sluice_staged_get_exit(this.#handle, index, out, error),
      (record, view) => ({
        tensor: this.#module.heap.textAt(record + fields.tensor),
        stage: Number(view.getBigUint64(record + fields.stageMultiplyAdds, true)),
        exit: Number(view.getBigUint64(record + fields.exitMultiplyAdds, true)),
      }),
    );
  }

  #record<T>(size: number, fill: (out: number, error: number) => number, read: (record: number, view: DataView) => T): T {
    const { heap } = this.#module;
    const record = heap.allocateRecord(size);
    try {
      heap.call((error) => fill(record, error));
      return read(record, heap.view);
    } finally {
      heap.free(record);
    }
  }
}
