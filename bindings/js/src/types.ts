/// <reference lib="esnext.disposable" preserve="true" />
// The public types: what goes into open(), infer() and stream(), and what comes out. No code.
import type { SluiceError } from './errors.js';
import type { Address, BlobOrResponse, CompiledModule, PlatformFrame, Signal, StreamOf, WebWorker } from './platform-types.js';

// ---- pictures

/** Layouts of pixels in memory, as in the core. Planes follow each other without gaps. */
export type PixelFormat = 'rgba' | 'rgb' | 'bgr' | 'bgra' | 'gray' | 'i420' | 'nv12';
/** What the numbers of i420 and nv12 mean: the matrix, and whether black to white is 16 to 235 or, '-full', 0 to 255. */
export type YuvColours = 'bt601' | 'bt601-full' | 'bt709' | 'bt709-full';

/** A picture as plain bytes, tightly packed. Works everywhere, Node included. */
export interface PixelFrame {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  /** 'rgba' when left out. */
  readonly format?: PixelFormat;
  /** Of i420 and nv12; 'bt601' when left out. */
  readonly yuv?: YuvColours;
  /** Microseconds; copied into the result so that the two can be matched. */
  readonly timestamp?: number;
}

/**
 * A picture: ImageData, ImageBitmap, VideoFrame, OffscreenCanvas, a canvas, video or image element, or plain bytes. Canvases and
 * elements need the thread that owns them; all else also works in workers.
 *
 * Ownership: infer() borrows. It has read the picture (or cloned its handle) when it returns its promise, and you close your
 * VideoFrame or ImageBitmap whenever you like after that. stream() takes over: it closes each VideoFrame and ImageBitmap once
 * it is answered; `closeFrames: false` leaves that to you.
 */
export type Frame = PixelFrame | PlatformFrame;

// ---- windows: inputs of bundles that are not about pictures

/** Sound: interleaved samples, float32 with full scale 1 or int16, as long and as fast as the bundle's model takes. */
export interface AudioWindow {
  readonly samples: Float32Array | Int16Array;
  /** 1 when left out. */
  readonly channels?: number;
  readonly rateHz: number;
  readonly timestamp?: number;
}

/** Sensor readings: one channel after the other. */
export interface SignalWindow {
  readonly values: Float32Array;
  readonly channels: number;
  readonly steps: number;
  readonly timestamp?: number;
}

export interface TextInput {
  readonly text: string;
  readonly timestamp?: number;
}

/** A tensor as the model takes it. */
export interface TensorInput {
  readonly tensor: Pick<OutputTensor, 'type' | 'dims' | 'data'>;
  readonly timestamp?: number;
}

export type WindowInput = AudioWindow | SignalWindow | TextInput | TensorInput;

/** What infer() and stream() take: of the kind that the bundle is about, else they refuse it with `invalid_input`. */
export type Input = Frame | WindowInput;

/** What a bundle is about. */
export type Modality = 'image' | 'clip' | 'audio' | 'signal' | 'text' | 'tensor';

// ---- results

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A box in pixels of the source picture. */
export interface Detection {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
  /** [0, 1] */
  readonly score: number;
  /** Left eye, right eye, nose, left and right mouth corner; empty where the detector has none. */
  readonly landmarks: readonly Point[];
}

export type TensorType = 'float32' | 'uint8' | 'int8' | 'uint16' | 'int16' | 'int32' | 'int64' | 'bool' | 'float16' | 'float64' | 'uint32' | 'uint64';

export interface OutputTensor {
  readonly name: string;
  readonly type: TensorType;
  readonly dims: readonly number[];
  /** float16 as its 16 bits, bool as 0 or 1. */
  readonly data: Float32Array | Float64Array | Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | BigInt64Array | BigUint64Array;
}

/** Where the time (milliseconds) and the bytes of one frame went; 0 for stages that did not take place. */
export interface Cost {
  /** Preprocessing and the gate's questions. */
  readonly gateMs: number;
  /** Picture to payload. */
  readonly encodeMs: number;
  /** Between the gate and the moment the request was sent; the device half's run, of a model in two halves, is in it. */
  readonly waitMs: number;
  /** From the request's sending to its answer, the three server stages included. */
  readonly roundTripMs: number;
  readonly serverQueueMs: number;
  readonly serverDecodeMs: number;
  readonly serverComputeMs: number;
  /** The full model on this device, or the device half. */
  readonly localComputeMs: number;
  /** Whole messages, without WebSocket framing. */
  readonly bytesUp: number;
  readonly bytesDown: number;
}

interface ResultBase {
  /** Number of the input within this gate, from 1. */
  readonly input: number;
  /** Position in the input of stream(), from 0; 0 for infer(). */
  readonly index: number;
  /** The frame's own timestamp in microseconds, where it has one. */
  readonly timestamp: number | undefined;
  /** Size of the source picture, in whose pixels detections are given; 0 for other inputs. */
  readonly width: number;
  readonly height: number;
  /** A sentence: "skip score 0.03 < threshold 0.21 (target 90 %)". */
  readonly reason: string;
  /**
   * Of the question that decided, at least 0: a probability of SKIP, a distance of REUSE. It answers below `threshold`. Infinity where
   * REUSE remembers nothing yet to compare with.
   */
  readonly score: number;
  readonly threshold: number;
  readonly cost: Cost;
}

interface ComputedResult extends ResultBase {
  readonly detections: readonly Detection[];
  /** The answer as tensors, for models whose outputs are not detections. */
  readonly outputs: readonly OutputTensor[];
}

/** The gate found that the model need not run: the answer is the bundle's empty one. */
export interface SkippedResult extends ResultBase {
  readonly kind: 'skipped';
  readonly detections: readonly [];
  readonly outputs: readonly [];
}
/** An earlier answer serves. */
export interface ReusedResult extends ComputedResult {
  readonly kind: 'reused';
}
/** An early exit answered. */
export interface ExitedResult extends ComputedResult {
  readonly kind: 'exited';
}
/**
 * Local and remote halves combined. `outputs` are the logits, float32 [1, classes], no share of one but what the model's last layer
 * gives, and 'channels', int32 [1]: how many channels of features the answer came of. With 0 it is this device's guess alone: where
 * that is enough for the accuracy target, and where the server does not answer within the budget, cannot be reached (then at once; only the
 * first connection, while it is being made, is waited for, half a budget at most), or fails. `cost.localComputeMs` is the device half's
 * time, `cost.bytesUp` what was sent of features; `reason` says how many channels came, and what kept more of an answer away.
 */
export interface SplitResult extends ComputedResult {
  readonly kind: 'split';
}
/** The full model, on the server. */
export interface RemoteResult extends ComputedResult {
  readonly kind: 'remote';
}
/** The full model, on this device. */
export interface LocalResult extends ComputedResult {
  readonly kind: 'local';
}

export type Result = SkippedResult | ReusedResult | ExitedResult | SplitResult | RemoteResult | LocalResult;
export type ResultKind = Result['kind'];

/** A frame of a stream that got no answer, with the reason in `error.code` ('superseded', 'connection_lost', ...). */
export interface FailedInput {
  readonly kind: 'failed';
  readonly input: number;
  readonly index: number;
  readonly timestamp: number | undefined;
  readonly width: number;
  readonly height: number;
  readonly error: SluiceError;
  readonly cost: Cost;
}

/** What stream() yields: every frame that goes in comes out as exactly one of these. */
export type StreamItem = Result | FailedInput;

// ---- open()

/** Where a frame runs that the gate lets pass. */
export type Place = 'remote' | 'remote-else-local' | 'local';
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
   */
  readonly split?: boolean;
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

// ---- the gate

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

export type InputSource = AsyncIterable<Input> | Iterable<Input> | StreamOf<Input>;

export type WasmVariant = 'gate' | 'client' | 'plain' | 'relaxed' | 'threads';

/** Which build runs, and why that one. */
export interface Environment {
  readonly runtime: 'browser' | 'node';
  readonly variant: WasmVariant;
  readonly simd: 'fixed' | 'relaxed';
  readonly threads: number;
  /** Why this variant and this number of threads. */
  readonly reason: string;
  readonly worker: boolean;
  readonly engine: Engine | 'none';
  readonly place: Place;
  /** 'sha256', or why the parts' hashes could not be checked. */
  readonly integrity: string;
  readonly crossOriginIsolated: boolean;
  readonly abiVersion: number;
}

export interface BundleInfo {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly modality: Modality;
  /** What the model takes: image [width, height] of its tensor, audio [samples, channels, rateHz], signal [steps, channels], text [most bytes], tensor its dims. */
  readonly sizes: readonly number[];
  /** The accuracy target when none is asked for. */
  readonly defaultTarget: number;
  /** In the order in which they are asked. */
  readonly questions: readonly QuestionInfo[];
  /** Those of the 'skip' question, growing targets; empty for a bundle without one. */
  readonly operatingPoints: readonly OperatingPoint[];
}

export interface QuestionInfo {
  /** 'skip', ... */
  readonly kind: string;
  /** Of the errors that the accuracy target allows. */
  readonly errorShare: number;
  readonly operatingPoints: readonly OperatingPoint[];
}

export interface OperatingPoint {
  readonly target: number;
  readonly confidence: number;
  readonly threshold: number;
  readonly filterRate: number;
}

export interface Stats {
  readonly offered: number;
  /** Each kind by itself. */
  readonly answered: Readonly<Record<ResultKind, number>>;
  /** Frames without an answer, superseded ones included. */
  readonly failed: number;
  readonly superseded: number;
  readonly inFlight: number;
  readonly waiting: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Sums over all answered frames. */
  readonly totals: Cost;
  readonly connects: number;
  /** How often the module trapped and a new instance took its place. */
  readonly restarts: number;
}

export interface MemoryUse {
  /** Size of the module's linear memory; it never shrinks, dispose() gives it back. */
  readonly wasmBytes: number;
  /** Of it, allocated now. */
  readonly usedBytes: number;
  readonly maxBytes: number;
  /** Pictures kept until their frames are answered. */
  readonly pendingPictureBytes: number;
}

export type ConnectionState = 'idle' | 'connecting' | 'handshaking' | 'ready' | 'backing-off' | 'stopped';

export interface ConnectionEvent {
  readonly state: ConnectionState;
  /** Why the connection was lost or refused. */
  readonly error: SluiceError | undefined;
  /** Under 'backing-off': when the next attempt starts. */
  readonly retryInMs: number;
}

/**
 * An open bundle. All calls after dispose() reject with `disposed`. When the WebAssembly module traps, the frames under way fail with
 * `internal` (with `out_of_memory` when it finds no room for what it has to remember), the logger hears of it, and a new instance
 * serves the frames that follow. Where the platform has Symbol.dispose and Symbol.asyncDispose the gate has their methods, so that
 * `await using gate = await open(...)` works.
 */
export interface Gate {
  /** Of now: when the server serves another version, that one is fetched from the bundle's address, and its frames go on with it. */
  readonly bundle: BundleInfo;
  readonly environment: Environment;
  readonly connection: ConnectionEvent;

  /** Answers one frame; rejects with a SluiceError when there is no answer. */
  infer(input: Input, options?: InferOptions): Promise<Result>;
  /**
   * Answers frames as they come; takes the next one when the gate has judged the last one. Leaving the loop (break, return,
   * throw) ends the input and cancels what is under way. An aborted signal makes the loop throw `cancelled`;
   * what the source throws, the loop throws as it is.
   */
  stream(inputs: InputSource, options?: StreamOptions): AsyncIterableIterator<StreamItem>;

  /** Returns the target that is kept: the nearest calibrated one that is not below; 1 when there is none (nothing is skipped). */
  setAccuracyTarget(target: number, options?: CallOptions): Promise<number>;
  stats(options?: CallOptions): Promise<Stats>;
  memory(options?: CallOptions): Promise<MemoryUse>;
  /** Calls `listener` with the present state and at every change; returns what ends that. What it throws is told to the logger. */
  onConnection(listener: (event: ConnectionEvent) => void): () => void;
  /** Ends what is under way and gives the memory back, within two seconds even where the worker hangs. */
  dispose(): Promise<void>;
  /** Starts dispose() without waiting for its end. */
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/** `open(bundle, options)`: an address of a bundle's folder or manifest (in Node also a path), or its parts. */
export type Open = (bundle: Address | BundleSource, options?: OpenOptions) => Promise<Gate>;

/** The SKIP filter alone, for pages that run the model or reach their server in a way of their own. */
export interface Filter {
  readonly bundle: BundleInfo;
  /** Judges one frame on the calling thread, within a millisecond or so. The frame stays the caller's. */
  judge(input: Input, options?: CallOptions): Promise<FilterVerdict>;
  /** `target` in (0, 1]. Answers with the calibrated target that is kept, the smallest that is not below it; 1 when there is none. */
  setAccuracyTarget(target: number, options?: CallOptions): Promise<number>;
  dispose(): void;
  [Symbol.dispose](): void;
}

export type * from './split/types.js';

export interface FilterVerdict {
  /** Whether the full model's result would be redundant. */
  readonly skip: boolean;
  /** The filter's estimate that the model is needed, in [0, 1]; below `threshold` the frame is skipped. */
  readonly score: number;
  readonly threshold: number;
  readonly gateMs: number;
}

export interface OpenFilterOptions {
  readonly accuracyTarget?: number;
  readonly assets?: Assets;
  /** Bound of the module's memory; 1 GiB by default. */
  readonly maxMemoryBytes?: number;
  readonly signal?: Signal;
  readonly onProgress?: (progress: Progress) => void;
}

export type OpenFilter = (bundle: Address | BundleSource, options?: OpenFilterOptions) => Promise<Filter>;
