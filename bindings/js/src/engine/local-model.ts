// The full model on this device, behind one interface: our own runner, or ONNX Runtime Web. Both get their input tensor from
// the bundle's preprocessing and give raw outputs to its decoder, in the module. One input at a time.
import type { Input, InputReader } from './input.js';
import { Turns } from './turns.js';
import { Model, ModelIo } from '../bindings/model.js';
import type { SluiceModule } from '../bindings/module.js';
import type { StageWork } from '../bindings/staged.js';
import { describe, SluiceError } from '../errors.js';
import type { Target } from '../targets/target.js';
import type { OutputTensor, StagesInfo, TensorType } from '../types.js';

export type Ran =
  | { readonly type: 'whole'; readonly outputs: readonly OutputTensor[] }
  | { readonly type: 'stage'; readonly outputs: readonly OutputTensor[]; readonly multiplyAdds: number }
  /** What a stage left, for a server to go on from. */
  | { readonly type: 'coded'; readonly bytes: Uint8Array };

export interface LocalModel {
  /** Of a model that runs by stages. */
  readonly stages: StagesInfo | undefined;
  /** The whole model, or the stage of it that is wanted. */
  run(input: Input, reader: InputReader, work: StageWork): Promise<Ran>;
  dispose(): Promise<void>;
  /** Ends a model whose module trapped, without calling into that. */
  abandon(): void;
}

/** Our own runner. The module is the model's alone and ends with it. */
export class SluiceModel implements LocalModel {
  readonly stages = undefined;
  readonly #module: SluiceModule;
  readonly #io: ModelIo;
  readonly #model: Model;
  readonly #turns = new Turns();

  constructor(module: SluiceModule, manifest: string, onnx: Uint8Array) {
    this.#module = module;
    this.#io = new ModelIo(module, manifest);
    this.#model = new Model(module, onnx, module.choice.threads);
  }

  async run(input: Input, reader: InputReader): Promise<Ran> {
    return this.#turns.take(async () => {
      const read = await reader.read(input, (bytes) => this.#io.room(bytes));
      this.#model.runInPlace(this.#io.prepareInPlace(read), 1);
      return { type: 'whole', outputs: this.#model.withOutputs((array, count) => this.#io.decodeInPlace(array, count)) };
    });
  }

  async dispose(): Promise<void> {
    await this.#turns.idle();
    this.#model.dispose();
    this.#io.dispose();
    this.#module.dispose();
  }

  abandon(): void {
    this.#module.dispose();
  }
}

export interface OnnxRuntimeWebPlaces {
  readonly module: string | undefined;
  readonly mjs: string | undefined;
  readonly wasm: string | undefined;
}

// What is used of ONNX Runtime Web; its own declarations are not needed to build this package.
interface OrtTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: OutputTensor['data'];
  dispose?(): void;
}
interface OrtSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Record<string, OrtTensor>): Promise<Record<string, OrtTensor>>;
  release(): Promise<void>;
}
interface Ort {
  readonly env: { wasm: { numThreads?: number; wasmPaths?: unknown; initTimeout?: number; proxy?: boolean } };
  readonly Tensor: new (type: string, data: unknown, dims: readonly number[]) => OrtTensor;
  readonly InferenceSession: { create(model: Uint8Array, options: unknown): Promise<OrtSession> };
}

/**
 * ONNX Runtime Web. Behind a bundler its threads would run the application's own script again and never answer, so it is
 * imported here, in our worker, from the addresses of its own files, and its creation has a time limit of our own.
 */
export class OnnxRuntimeModel implements LocalModel {
  readonly stages = undefined;
  readonly #ort: Ort;
  readonly #session: OrtSession;
  readonly #module: SluiceModule;
  readonly #io: ModelIo;
  readonly #turns = new Turns();

  private constructor(ort: Ort, session: OrtSession, module: SluiceModule, io: ModelIo) {
    this.#ort = ort;
    this.#session = session;
    this.#module = module;
    this.#io = io;
  }

  /** Takes the module over, also when it fails. */
  static async create(
    module: SluiceModule,
    manifest: string,
    onnx: Uint8Array,
    settings: { target: Target; places: OnnxRuntimeWebPlaces; threads: number; timeoutMs: number },
  ): Promise<OnnxRuntimeModel> {
    const { target, places, threads, timeoutMs } = settings;
    let io: ModelIo | undefined;
    try {
      io = new ModelIo(module, manifest);
      const ort = await within(timeoutMs, 'loading ONNX Runtime Web', places, importOrt(target, places));
      ort.env.wasm.numThreads = threads;
      ort.env.wasm.initTimeout = timeoutMs;
      ort.env.wasm.proxy = false;
      if (places.mjs !== undefined && places.wasm !== undefined) ort.env.wasm.wasmPaths = { mjs: places.mjs, wasm: places.wasm };
      const creation = ort.InferenceSession.create(onnx, { executionProviders: ['wasm'] });
      const session = await within(timeoutMs, 'making its session', places, creation);
      return new OnnxRuntimeModel(ort, session, module, io);
    } catch (thrown) {
      io?.dispose();
      module.dispose();
      throw unavailable(thrown, places);
    }
  }

  async run(input: Input, reader: InputReader): Promise<Ran> {
    // The decoder works on the input that was prepared last, so one run follows the other.
    return this.#turns.take(() => this.#runOne(input, reader));
  }

  async #runOne(input: Input, reader: InputReader): Promise<Ran> {
    const prepared = this.#io.prepare(await reader.read(input, (bytes) => this.#io.room(bytes)));
    const [inputName] = this.#session.inputNames;
    if (inputName === undefined) throw new SluiceError('execution_failed', 'the model has no input');
    const tensor = new this.#ort.Tensor(prepared.type, prepared.data, prepared.dims);
    const outputs = await this.#session.run({ [inputName]: tensor }).catch((cause: unknown) => {
      throw new SluiceError('execution_failed', `ONNX Runtime Web: ${describe(cause)}`, { cause });
    });
    const results = this.#session.outputNames.map((name) => fromOrt(name, outputs[name]));
    return { type: 'whole', outputs: this.#io.decode(results) };
  }

  async dispose(): Promise<void> {
    await this.#turns.idle();
    await this.#session.release().catch(() => undefined);
    this.#io.dispose();
    this.#module.dispose();
  }

  abandon(): void {
    void this.#turns
      .idle()
      .then(() => this.#session.release())
      .catch(() => undefined);
    this.#module.dispose();
  }
}

async function importOrt(target: Target, places: OnnxRuntimeWebPlaces): Promise<Ort> {
  const imported = (await target.importOnnxRuntimeWeb(places.module)) as { default?: Ort } & Partial<Ort>;
  const ort = imported.InferenceSession !== undefined ? (imported as Ort) : imported.default;
  if (ort?.InferenceSession === undefined) throw new Error('the module has no InferenceSession');
  return ort;
}

async function within<T>(timeoutMs: number, what: string, places: OnnxRuntimeWebPlaces, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new SluiceError('engine_unavailable', `${what} took more than ${timeoutMs} ms`, {
            url: places.module,
            hint: 'set threads: false, or raise engineTimeoutMs',
          }),
        ),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function unavailable(thrown: unknown, places: OnnxRuntimeWebPlaces): SluiceError {
  if (thrown instanceof SluiceError) return thrown;
  return new SluiceError('engine_unavailable', `ONNX Runtime Web cannot be used: ${describe(thrown)}`, {
    cause: thrown,
    url: places.module,
    hint: "install onnxruntime-web and set assets.onnxruntimeWeb to { module, mjs, wasm }, or use engine: 'sluice'",
  });
}

function fromOrt(name: string, tensor: OrtTensor | undefined): OutputTensor {
  if (tensor === undefined) throw new SluiceError('execution_failed', `the model gave no output '${name}'`);
  return { name, type: tensor.type as TensorType, dims: [...tensor.dims], data: tensor.data };
}
