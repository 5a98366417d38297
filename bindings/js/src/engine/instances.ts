// Makes what an engine runs on, a module with its client and the runner of the full model, of the bundle as it was fetched last; and
// fetches the bundle again when its server says that it serves another version.
import { Bundle, fetchManifest, type ManifestText } from './bundle.js';
import type { DownloadContext } from './download.js';
import { chooseForModels, LocalRunner } from './local-runner.js';
import { checkMeant } from './meant.js';
import { planStages } from './stages-plan.js';
import { compileFile, loadModule, type CompiledFiles } from './wasm.js';
import type { Variant } from './variants.js';
import type { PartBytes } from '../bindings/bundle.js';
import { Client } from '../bindings/client.js';
import { clientSettings } from '../bindings/client-settings.js';
import type { SluiceModule } from '../bindings/module.js';
import { probeFeatures, type Features } from '../bindings/probes.js';
import { chooseForQuestions, type VariantChoice } from '../bindings/variant.js';
import { SluiceError } from '../errors.js';
import { Halves } from '../split/halves.js';
import { readSplit, type SplitSpec } from '../split/manifest.js';
import type { Target } from '../targets/target.js';
import type { BundleInfo } from '../types.js';
import type { EngineSettings } from '../worker/protocol.js';

/** Module and client are what a trap or a lack of memory breaks. */
export interface Instance {
  readonly module: SluiceModule;
  readonly client: Client;
  /** Of a model in two halves that is run so. */
  readonly halves: Halves | undefined;
}

/** Answers with the target that is kept; undefined is the bundle's own. */
export function setAccuracyTarget(client: Client, target: number | undefined, { defaultTarget }: BundleInfo): number {
  return target === undefined ? defaultTarget : client.setAccuracyTarget(target); // a new client has the bundle's
}

/** A bundle with what its questions are made of. */
interface Fetched {
  readonly bundle: Bundle;
  readonly parts: readonly PartBytes[];
  readonly choice: VariantChoice;
  readonly halves: Halves | undefined;
}

export class Instances {
  readonly #settings: EngineSettings;
  readonly #target: Target;
  readonly #features: Features;
  readonly #context: DownloadContext; // of downloads after the opening: no signal ends them
  readonly #compiledFiles: CompiledFiles = new Map();
  #fetched: Fetched | undefined;

  constructor(settings: EngineSettings, target: Target, context: DownloadContext) {
    this.#settings = settings;
    this.#target = target;
    this.#features = probeFeatures(target.hardwareConcurrency);
    this.#context = { ...context, signal: undefined };
  }

  get bundle(): Bundle {
    return this.#now.bundle;
  }

  /** Whether the bundle comes from an address, where a newer version may be found. */
  get renewable(): boolean {
    return this.#settings.bundle.type === 'url';
  }

  get #now(): Fetched {
    if (this.#fetched === undefined) throw new SluiceError('internal', 'no bundle was fetched yet');
    return this.#fetched;
  }

  /** The first one, with the bundle fetched; an aborted signal ends it at each step. */
  async first(context: DownloadContext): Promise<Instance> {
    return this.#fetch(await fetchManifest(this.#settings.bundle, context), context, (bundle) => {
      checkMeant(this.#settings, planStages(this.#settings, bundle.stages), this.#halvesOf(bundle) !== undefined);
    });
  }

  /** Another one of the same bundle. */
  async again(): Promise<Instance> {
    const now = this.#now;
    return this.#withClient(await this.#load(now.choice, { target: this.#target }), now); // compiled already
  }

  /** One of the version that the bundle's address has now. Throws `bundle_version_mismatch` when that is still the same. */
  async ofNewVersion(): Promise<Instance> {
    const before = this.bundle.info;
    const manifest = await fetchManifest(this.#settings.bundle, this.#context);
    return this.#fetch(manifest, this.#context, ({ info }) => {
      if (info.name === before.name && info.version !== before.version) return;
      const place = this.#settings.bundle.type === 'url' ? this.#settings.bundle.manifest : undefined;
      const what = info.name === before.name ? `version '${before.version}' too` : `another bundle now, '${info.name}'`;
      throw new SluiceError('bundle_version_mismatch', `the address of bundle '${before.name}' has ${what}`, { url: place });
    });
  }

  /** What runs the full model here, of the bundle of now. */
  runner(): LocalRunner {
    return this.#runnerOf(undefined);
  }

  /** What runs the variant that stands in, where one does. */
  standIn(): LocalRunner | undefined {
    const variant = this.bundle.variants.find(({ name }) => name === this.#settings.standIn);
    return variant && this.#runnerOf(variant);
  }

  #runnerOf(standIn: Variant | undefined): LocalRunner {
    return new LocalRunner({
      standIn,
      settings: this.#settings,
      features: this.#features,
      bundle: this.bundle,
      compiledFiles: this.#compiledFiles,
      context: this.#context,
    });
  }

  async #fetch(manifest: ManifestText, context: DownloadContext, check: (bundle: Bundle) => void = () => undefined): Promise<Instance> {
    const { place, placeForms, engine, gate, standIn, livePromise } = this.#settings;
    const { toEnd, toCut } = planStages(this.#settings, manifest.stages);
    const runsHere = engine === 'sluice' && (place !== 'remote' || toCut || standIn !== undefined);
    const models = runsHere ? chooseForModels(this.#settings, this.#features, this.#target) : undefined;
    const choice = chooseForQuestions(
      this.#features,
      { small: 'client', modality: manifest.modality, stages: toEnd || toCut, placed: placeForms, promised: livePromise },
      models,
    );
    const module = await this.#load(choice, context);
    try {
      const bundle = new Bundle(module, manifest);
      check(bundle);
      const parts = gate ? await bundle.questionParts(context) : [];
      const fetched = { bundle, parts, choice, halves: await this.#loadHalves(bundle, context) };
      const instance = this.#withClient(module, fetched);
      this.#fetched = fetched;
      return instance;
    } catch (thrown) {
      module.dispose();
      throw thrown;
    }
  }

  /** Of a model in two halves that is run so. */
  #halvesOf(bundle: Bundle): SplitSpec | undefined {
    const { place, split } = this.#settings;
    return place === 'local' || !split ? undefined : readSplit(bundle.text);
  }

  async #loadHalves(bundle: Bundle, context: DownloadContext): Promise<Halves | undefined> {
    const spec = this.#halvesOf(bundle);
    if (spec === undefined) return undefined;
    const compiled = await compileFile('sluice-lite.wasm', this.#settings.wasm, context, this.#compiledFiles);
    return new Halves(compiled, await bundle.part(spec.device, context), spec);
  }

  #load(choice: VariantChoice, context: DownloadContext): Promise<SluiceModule> {
    return loadModule(choice, this.#features, this.#settings.wasm, this.#settings.maxMemoryBytes, context, this.#compiledFiles);
  }

  #withClient(module: SluiceModule, { bundle, parts, halves }: Fetched): Instance {
    const { policy, place, placeForms, duplicate, standIn, leastAgreement, choose, costs, keptInTime, livePromise } = this.#settings;
    const { budgetMs, maxInFlight, maxWaiting, privateAnswers, staleAnswerMs, exitsMeanCost } = this.#settings;
    const jitterSeed = 1 + Math.floor(Math.random() * 0xffff_fffe);
    const { toEnd, toCut } = planStages(this.#settings, bundle.stages);
    const choices = {
      policy,
      place,
      placeForms,
      duplicate,
      standIn,
      leastAgreement,
      choose,
      costs,
      keptInTime,
      livePromise,
      name: 'sluice-js/0.1.0',
      budgetMs,
      maxInFlight,
      maxWaiting,
      privateAnswers,
      stages: toEnd || toCut,
      cut: toCut,
      staleAnswerMs,
      exitsMeanCost,
      jitterSeed,
    };
    const read = halves === undefined ? parts : [...parts, halves.part];
    return { module, halves, client: new Client(module, bundle.text, read, clientSettings(choices)) };
  }
}
