// The public types of what is chosen: in open(), openFilter() and single calls. No code.
import type { Address, BlobOrResponse, CompiledModule, Signal, StreamOf, WebWorker } from '../platform-types.js';

/** Where the full model may run. */
export type ModelPlace = 'remote' | 'remote-else-local' | 'local';
/**
 * Where a frame runs that the gate lets pass: on the server, there unless there is no connection, or here. With 'remote-auto' each frame goes
 * to the server in the form that is expected to be answered first: encoded whole, shrunk to what the model takes, as the JPEG file that it
 * was read from, or as what a device half or first stages make of it. With 'auto' it may be answered here as well, and the model here runs
 * beside a request that may be late. With 'choice' each frame gets the answer that is expected to cost least, by `costs`, of all there are: none, an
 * earlier one, an early exit's, features for the server's half, a small or whole picture or its file sent, the model here; within `budgetMs`, and
 * the accuracy target in the mean. `placement` of the results says what was chosen and why.
 */
export type Place = ModelPlace | 'auto' | 'remote-auto' | 'choice';

/** What a unit of each costs, in any one unit, for `place: 'choice'`; at least 0. Left out: 1, 5 and 1. */
export interface CostWeights {
  /** A millisecond of this device's work. */
  readonly perDeviceMs?: number;
  /** A kilobyte sent. */
  readonly perKilobyte?: number;
  /** A millisecond of the server's work. */
  readonly perServerMs?: number;
}
/** What runs the full model on this device. */
export type Engine = 'sluice' | 'onnxruntime-web';
/** 'newest-wins' for live video: at most one frame waits. 'keep-all' for files: every frame is answered in its turn. */
export type Policy = 'newest-wins' | 'keep-all';

/** An address, bytes, a Blob, a Response or a ReadableStream of bytes. */
export type Source = Address | ArrayBuffer | Uint8Array | BlobOrResponse | StreamOf<Uint8Array>;

/** A bundle given part by part in the place of an address. */
export interface BundleSource {
  readonly manifest: Source;
  /** By the part's name in the manifest ("filter", "model"). */
  readonly parts: Readonly<Record<string, Source>>;
}

/** Where ONNX Runtime Web's files are; needed in the browser for `engine: 'onnxruntime-web'`. */
export interface OnnxRuntimeWebAssets {
  /** `ort.wasm.min.mjs` */
  readonly module: Address;
  /** `ort-wasm-simd-threaded.mjs` */
  readonly mjs: Address;
  /** `ort-wasm-simd-threaded.wasm` */
  readonly wasm: Address;
}

export type WasmFile = 'sluice-gate.wasm' | 'sluice-client.wasm' | 'sluice.wasm' | 'sluice-relaxed.wasm' | 'sluice-threads.wasm' | 'sluice-lite.wasm';

export interface Assets {
  /** Folder that holds the .wasm files; only needed where the bundler does not find them by itself. */
  readonly base?: Address;
  /** Single files: an address, the bytes, or the compiled module. */
  readonly files?: Partial<Readonly<Record<WasmFile, Source | CompiledModule>>>;
  readonly onnxruntimeWeb?: OnnxRuntimeWebAssets;
}

/** For `gate.simulateLink()`. */
export interface SimulatedLink {
  /** Kilobits (1,000 bits) a second, each way; 0: nothing gets through; undefined: as many as the link carries. At most 10,000,000. */
  readonly kilobitsPerS?: number | undefined;
  /** Milliseconds that a message and its answer are late, half of it each way; at most 60,000. */
  readonly roundTripMs?: number | undefined;
}

export interface Progress {
  /** 'manifest', 'wasm', or the name of a part. */
  readonly what: string;
  readonly url: string | undefined;
  readonly loadedBytes: number;
  /** undefined while the size is unknown. */
  readonly totalBytes: number | undefined;
}

/**
 * Hears of what happens. It also hears of the first exception of each function that was given to the gate (`onProgress`, `record`,
 * the listeners of onConnection()), by `error`; without that, and where the logger itself throws, the console does. Such exceptions
 * change nothing else.
 */
export interface Logger {
  debug?(message: string): void;
  info?(message: string): void;
  warn?(message: string): void;
  error?(message: string): void;
}

export interface OpenOptions {
  /** The server's WebSocket address, `wss://host/v1/stream`; not needed with `place: 'local'`. */
  readonly server?: Address;
  /**
   * For a server that wants one: the token, or a function that gives it, called for each connection. It is sent to the server alone,
   * and with the bundle's download where it comes from there.
   */
  readonly token?: string | (() => string | Promise<string>);
  /** 'remote' when a server is given, else 'local'. */
  readonly place?: Place;
  /**
   * With `place: 'auto'`: the name of a variant of the bundle's model that runs on this device in the model's place, beside requests that may
   * be late. Its answer counts only when the frame's time is up or no other comes; it is `stopgap` then, and `variant` names it.
   */
  readonly standIn?: string;
  /** With `place: 'choice'`: what is weighed against what. */
  readonly costs?: CostWeights;
  /** With `place: 'choice'`: the share of frames that are to be answered within `budgetMs`, above 0 to 1; 0.95 by default. */
  readonly keptInTime?: number;
  /**
   * How the accuracy target is kept. 'calibrated', the default: by the bundle's thresholds, safe for every stream and often far below what this one
   * allows. 'live': by thresholds that follow this gate's frames, from what the full model says of those that go to it, and of a few percent of the
   * others, which are audited: the model runs for them too, after their answer, when no frame waits. `gate.promise()` says how it stands.
   */
  readonly promise?: 'calibrated' | 'live';
  /**
   * With `promise: 'live'`: what `gate.saveState()` gave, to go on from. `open()` rejects with `invalid_argument` for another bundle's or version's, and
   * for one that is cut short or edited.
   */
  readonly savedState?: Uint8Array;
  /**
   * The least share of inputs, above 0 to 1, on which a variant of the model has to agree with it for the server to answer with that where the
   * model would be late; results say which in `variant`. Left out, only the model itself answers.
   */
  readonly leastAgreement?: number;
  /** 'sluice' */
  readonly engine?: Engine;
  /** Work in a worker (true, the default), or on the calling thread. */
  readonly worker?: boolean;
  /** Makes the worker, for set-ups whose bundler does not see `new Worker(new URL(...))`. It must run `sluice/worker`. */
  readonly createWorker?: () => WebWorker;
  /** Threads for a full model in the page: 'auto' (the default) takes what isolation and cores allow, false means one. */
  readonly threads?: 'auto' | number | false;
  /** Agreement with the full model that the gate must keep, (0, 1]; the bundle's default when left out. */
  readonly accuracyTarget?: number;
  /** Whether the gate asks at all; false sends every frame to the model. True by default. */
  readonly gate?: boolean;
  /**
   * Of bundles whose model is in two halves: whether this device runs its half and sends features, as many channels as the accuracy
   * target takes and the link carries in time; true by default. A target above all that was measured of the halves is kept by none of
   * them: then pictures go whole, and results are `remote`. False sends whole pictures in any case, and without an answer there is no guess. It has
   * no effect with `place: 'local'`; with 'remote-else-local' the full model answers here while there is no connection, not the guess. REUSE
   * is asked before, and remembers what the full model answered, not the halves.
   *
   * The same of bundles whose early exits have a cut (`exits`): whether the stages up to it run here, and what no exit there is sure of goes
   * on as the coded tensor. Where the server is late or gone the latest exit answers (`stopgap`). False sends pictures, and fetches no model.
   */
  readonly split?: boolean;
  /**
   * Of such a model, for frames of one scene in their order (video): how much older the frame may be whose answer of the remote half is put to
   * a guess that would answer alone. No frame then waits for the link, and what comes too late for its own frame is of use to the next
   * ones; `reason` says how old it was. 0, the default, leaves guesses alone. Where no half runs here `open()` rejects with `invalid_argument`.
   */
  readonly staleAnswerMs?: number;
  /**
   * Of bundles whose model has early exits, where Sluice's own engine runs it: whether it runs by stages, until an exit is sure enough for the
   * accuracy target; true by default. Where the model may run on this device (`place`) results are then `exited`, or `local` where it ran to
   * its end. Where there is a server and the bundle has a cut, the stages up to that run here in any place but 'local', and results are
   * `exited`, or `split` where the server went on. False runs the model whole. On ONNX Runtime Web it runs whole in any case, and so it
   * does on a server that is sent pictures.
   */
  readonly exits?: boolean;
  /**
   * With exits: the mean cost that frames come to within some hundred, of the whole model's, above 0 to 1. What the accuracy target leaves is
   * spent on agreement, and where the target takes more the target is kept; the first frame runs whole. Left out, frames leave as early as the
   * target allows. It does nothing behind a cut, where a server goes on: unless the model runs by stages to its end on this device
   * (`place: 'local'`, or 'remote-else-local' without a connection), `open()` rejects with `invalid_argument`.
   */
  readonly exitsMeanCost?: number;
  /** Of the whole gate and so of each of its streams: 'newest-wins' (the default) or 'keep-all'. */
  readonly policy?: Policy;
  /** From a frame's offer to its answer, 2000 by default. */
  readonly budgetMs?: number;
  readonly maxInFlight?: number;
  /**
   * Where the bundle shares answers among a server's clients: true neither takes theirs nor gives ours. False by default. What another
   * client was answered comes as `reused`, and its `cost.bytesUp` is above 0.
   */
  readonly privateAnswers?: boolean;
  /** Frames that wait under 'keep-all', 256 by default. */
  readonly maxWaiting?: number;
  /** Bound of the quality of the JPEG that is sent, (0, 1]; the bundle says how far it may follow the link. 1 by default. */
  readonly jpegQuality?: number;
  /** Upper bound of the module's memory, 1 GiB by default; above it: `out_of_memory`. */
  readonly maxMemoryBytes?: number;
  /** Time limit of the worker's first answer, and of making the engine in the page; 30000 by default. */
  readonly engineTimeoutMs?: number;
  readonly signal?: Signal;
  readonly onProgress?: (progress: Progress) => void;
  readonly assets?: Assets;
  readonly logger?: Logger;
  /** Gets each line of the decision log: everything that the client was told, from which `sluice replay` makes its decisions again. */
  readonly record?: (line: string) => void;
}

export interface CallOptions {
  /** Aborted, it makes the call reject with `cancelled` at once; what was asked for may still take effect. */
  readonly signal?: Signal;
}

export interface InferOptions extends CallOptions {
  /**
   * The trace that this input belongs to, as W3C Trace Context's `traceparent` ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").
   * It goes to the server with the input, which puts it into what it logs about the request where the trace is sampled.
   */
  readonly traceparent?: string;
  /**
   * Of a model in two halves: how many channels are sent at most, 0 to 256, of those that the accuracy target takes; 0 answers with the
   * guess. It is a limit, not a wish for halves: under a target above all that was measured of them the picture goes whole, whatever is said
   * here, and the result is `remote`. Set a target that they reach, such as `bundle.defaultTarget`.
   */
  readonly channels?: number;
}

/** What becomes of frames that come faster than they are answered is the gate's, not the stream's: `policy` in open(). */
export interface StreamOptions {
  readonly signal?: Signal;
  /** true: results in the order of the frames; false (the default): each as soon as it is there. */
  readonly ordered?: boolean;
  /** Close each VideoFrame and ImageBitmap when it is answered; true by default. */
  readonly closeFrames?: boolean;
}

export interface OpenFilterOptions {
  readonly accuracyTarget?: number;
  readonly assets?: Assets;
  /** Bound of the module's memory; 1 GiB by default. */
  readonly maxMemoryBytes?: number;
  readonly signal?: Signal;
  readonly onProgress?: (progress: Progress) => void;
}
