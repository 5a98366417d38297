// Loads the full model for this device when it is first needed, once. Our own runner gets a module of its own, so that the
// gate's stays small and the memory of the model goes with it.
import type { Bundle } from './bundle.js';
import type { DownloadContext } from './download.js';
import { OnnxRuntimeModel, SluiceModel, type LocalModel } from './local-model.js';
import { StagedModel } from './staged-model.js';
import { planStages, type StagesPlan } from './stages-plan.js';
import { loadModule, type CompiledFiles } from './wasm.js';
import type { Variant } from './variants.js';
import type { PartBytes } from '../bindings/bundle.js';
import type { SluiceModule } from '../bindings/module.js';
import type { Features } from '../bindings/probes.js';
import { chooseVariant, singleThread, type VariantChoice } from '../bindings/variant.js';
import { SluiceError } from '../errors.js';
import type { Target } from '../targets/target.js';
import type { StagesInfo } from '../types.js';
import type { EngineSettings } from '../worker/protocol.js';

export interface LocalRunnerSettings {
  /** Of a variant that runs whole beside requests; undefined: the model itself, as planned. */
  readonly standIn: Variant | undefined;
  readonly settings: EngineSettings;
  readonly features: Features;
  readonly bundle: Bundle;
  readonly compiledFiles: CompiledFiles;
  readonly context: DownloadContext;
}

/** What a full model in a module of ours runs on. */
export function chooseForModels({ threads }: EngineSettings, features: Features, { noBlocking }: Target): VariantChoice {
  return chooseVariant(features, { runs: 'models', threads, noBlocking });
}

export class LocalRunner {
  /** Called when `choice` is no longer what was planned. */
  onChange: () => void = () => undefined;
  readonly #with: LocalRunnerSettings;
  readonly #plan: StagesPlan;
  readonly #ended = new AbortController();
  #loading: Promise<LocalModel> | undefined;
  #model: LocalModel | undefined;
  #module: SluiceModule | undefined;
  #choice: VariantChoice | undefined;
  #stages: StagesInfo | undefined;

  constructor(settings: LocalRunnerSettings) {
    this.#with = settings;
    const { place, engine } = settings.settings;
    const standsIn = settings.standIn !== undefined;
    this.#plan = standsIn ? { toEnd: false, toCut: false } : planStages(settings.settings, settings.bundle.stages);
    if (place !== 'remote' || this.#plan.toCut || standsIn) this.#choice = engine === 'sluice' ? this.#choose() : this.#chooseForOnnxRuntime();
  }

  /** What the full model runs, or will run, on; undefined when it never runs here. */
  get choice(): VariantChoice | undefined {
    return this.#choice;
  }

  /** What it runs of the bundle. */
  get part(): string {
    return this.#with.standIn?.part ?? this.#with.bundle.modelPart;
  }

  /** Whether the first input needs it, as no server answers that alone. */
  get neededFirst(): boolean {
    return this.#with.settings.place === 'local' || this.#plan.toCut;
  }

  get module(): SluiceModule | undefined {
    return this.#module;
  }

  /** Of a model that runs by stages, once it was loaded; what its exits answered may be told after it is gone. */
  get stages(): StagesInfo | undefined {
    return this.#stages;
  }

  /** The model, loaded by the first call; a failed load is tried again by the next one. `signal` ends the runner for good. */
  load(signal?: AbortSignal): Promise<LocalModel> {
    if (signal?.aborted) this.#ended.abort(signal.reason);
    signal?.addEventListener('abort', () => this.#ended.abort(signal.reason), { once: true });
    this.#loading ??= this.#make(this.#ended.signal).catch((thrown: unknown) => {
      this.#loading = undefined;
      throw thrown;
    });
    return this.#loading;
  }

  /** Of a model whose module trapped: the next load() makes a new one. */
  drop(broken: LocalModel): void {
    if (this.#model !== broken) return; // another run of it came first
    broken.abandon();
    this.#model = this.#loading = this.#module = undefined;
  }

  async dispose(): Promise<void> {
    this.#ended.abort(new SluiceError('disposed', 'the gate was disposed'));
    const model = await this.#loading?.catch(() => undefined);
    await model?.dispose();
    this.#model = this.#loading = this.#module = undefined;
  }

  async #make(signal: AbortSignal): Promise<LocalModel> {
    const { settings, bundle, features, compiledFiles } = this.#with;
    const context = { ...this.#with.context, signal };
    const onnx = await bundle.part(this.part, context);
    const exits = await this.#exitParts(context);
    const ort = settings.engine === 'onnxruntime-web';
    const planned = ort ? singleThread(features, 'the model runs on ONNX Runtime Web') : this.#choose();
    const module = await loadModule(planned, features, settings.wasm, settings.maxMemoryBytes, context, compiledFiles);
    if (!ort) this.#choice = module.choice;
    const cut = !this.#plan.toCut ? undefined : settings.place === 'remote' ? 'to-cut' : 'to-end';
    const make = (): LocalModel =>
      exits.length === 0
        ? new SluiceModel(module, bundle.text, onnx)
        : new StagedModel(module, bundle.text, [{ name: bundle.modelPart, bytes: onnx }, ...exits], cut);
    const model = ort ? await this.#makeOnnxRuntime(module, onnx) : within(module, make);
    this.#module = module;
    this.#model = model;
    this.#stages = model.stages;
    this.onChange();
    return model;
  }

  /** What is needed beside the model where it runs by stages; empty where it does not. */
  async #exitParts(context: DownloadContext): Promise<PartBytes[]> {
    const { bundle } = this.#with;
    const { toEnd, toCut } = this.#plan;
    const names = [toEnd || toCut ? bundle.exitsPart : undefined, toCut ? bundle.cutPart : undefined];
    const parts: PartBytes[] = [];
    for (const name of names) if (name !== undefined) parts.push({ name, bytes: await bundle.part(name, context) });
    return parts;
  }

  #makeOnnxRuntime(module: SluiceModule, onnx: Uint8Array): Promise<LocalModel> {
    const { settings, bundle, context } = this.#with;
    return OnnxRuntimeModel.create(module, bundle.text, onnx, {
      target: context.target,
      places: settings.onnxruntimeWeb,
      threads: this.#choice?.threads ?? 1,
      timeoutMs: settings.engineTimeoutMs,
    });
  }

  #choose(): VariantChoice {
    const { settings, features, context } = this.#with;
    return chooseForModels(settings, features, context.target);
  }

  // Our module stands around the model only; the threads are ONNX Runtime Web's.
  #chooseForOnnxRuntime(): VariantChoice {
    const { threads, reason } = this.#choose();
    return { ...singleThread(this.#with.features, ''), threads, reason: `the model runs on ONNX Runtime Web; ${reason}` };
  }
}

/** The module goes where no model can be made in it. */
function within(module: SluiceModule, make: () => LocalModel): LocalModel {
  try {
    return make();
  } catch (thrown) {
    module.dispose();
    throw thrown;
  }
}
