// The full model on this device by stages, with its early exits, on our own runner: what is not asked for is not executed. Where the
// pipeline goes on to is its own decision (core/pipeline/exit_route.hpp). The module is the model's alone and ends with it.
import type { Input, InputReader } from './input.js';
import type { LocalModel, Ran } from './local-model.js';
import { Turns } from './turns.js';
import type { PartBytes } from '../bindings/bundle.js';
import type { SluiceModule } from '../bindings/module.js';
import { Staged, type CutExtent, type StageWork } from '../bindings/staged.js';
import type { StagesInfo } from '../types.js';

export class StagedModel implements LocalModel {
  readonly stages: StagesInfo;
  readonly #module: SluiceModule;
  readonly #staged: Staged;
  readonly #turns = new Turns();

  /** `parts` and `cut` as in Staged. */
  constructor(module: SluiceModule, manifest: string, parts: readonly PartBytes[], cut: CutExtent | undefined) {
    this.#module = module;
    this.#staged = new Staged(module, manifest, parts, module.choice.threads, cut);
    this.stages = this.#staged.inspect();
  }

  async run(input: Input, reader: InputReader, work: StageWork): Promise<Ran> {
    return this.#turns.take(async (): Promise<Ran> => {
      if (work.coded) return { type: 'coded', bytes: this.#staged.code(work) };
      const read = work.stage === 0 ? await reader.read(input, (bytes) => this.#staged.room(bytes)) : undefined;
      return { type: 'stage', ...this.#staged.run(work, read) };
    });
  }

  async dispose(): Promise<void> {
    await this.#turns.idle();
    this.#staged.dispose();
    this.#module.dispose();
  }

  abandon(): void {
    this.#module.dispose();
  }
}
