// What the caller's side and the engine's side say to each other. Both run on one thread without a worker, and then the same
// calls happen directly. All of it can cross postMessage.
import type { BundlePlace } from '../engine/bundle.js';
import type { OnnxRuntimeWebPlaces } from '../engine/local-model.js';
import type { Input } from '../engine/input.js';
import type { WasmAssets } from '../engine/wasm.js';
import type { SerializedError } from '../errors.js';
import type {
  BundleInfo,
  ConnectionState,
  Cost,
  CostWeights,
  Detection,
  Engine,
  Environment,
  ExitTaken,
  MemoryUse,
  ModelPlace,
  OutputTensor,
  Place,
  Placement,
  Policy,
  Progress,
  PromiseStanding,
  ResultKind,
  SimulatedLink,
  Stats,
} from '../types.js';

/** OpenOptions with every choice made and every address absolute. */
export interface EngineSettings {
  readonly bundle: BundlePlace;
  readonly server: string | undefined;
  /** As it was asked for. */
  readonly asked: Place;
  /** What that comes to. */
  readonly place: ModelPlace;
  readonly placeForms: boolean;
  readonly duplicate: boolean;
  readonly standIn: string | undefined;
  readonly leastAgreement: number | undefined;
  readonly choose: boolean;
  readonly costs: Required<CostWeights>;
  readonly keptInTime: number;
  readonly livePromise: boolean;
  /** For the first instance; others begin anew. */
  readonly savedState: Uint8Array | undefined;
  readonly engine: Engine;
  readonly inWorker: boolean;
  readonly threads: 'auto' | number | false;
  readonly accuracyTarget: number | undefined;
  readonly gate: boolean;
  readonly split: boolean;
  readonly staleAnswerMs: number | undefined;
  readonly exits: boolean;
  readonly exitsMeanCost: number | undefined;
  readonly policy: Policy;
  readonly budgetMs: number;
  readonly maxInFlight: number | undefined;
  readonly privateAnswers: boolean | undefined;
  readonly maxWaiting: number | undefined;
  readonly maxJpegQuality: number;
  readonly record: boolean;
  readonly maxMemoryBytes: number;
  readonly engineTimeoutMs: number;
  readonly wasm: WasmAssets;
  readonly onnxruntimeWeb: OnnxRuntimeWebPlaces;
}

export interface EngineInfo {
  readonly bundle: BundleInfo;
  readonly environment: Environment;
}

/** An answer, without what only the caller's side knows of the frame. */
export interface EngineAnswer {
  readonly input: number;
  readonly kind: ResultKind;
  readonly reason: string;
  readonly score: number;
  readonly threshold: number;
  readonly detections: readonly Detection[];
  readonly outputs: readonly OutputTensor[];
  readonly cost: Cost;
  readonly stopgap: boolean;
  readonly audited: boolean;
  readonly placement: Placement | undefined;
  readonly variant: string | undefined;
  readonly agreement: number | undefined;
  /** Where an exit answered. */
  readonly exit?: ExitTaken;
}

export interface ConnectionReport {
  readonly state: ConnectionState;
  readonly error: SerializedError | undefined;
  readonly retryInMs: number;
}

/** What goes with one input. */
export interface Wishes {
  /** The trace that the input belongs to; '' for none. */
  readonly traceparent: string;
  /** Most channels of features to send, of those that the accuracy target takes; undefined: all of them. */
  readonly channels: number | undefined;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Calls that return something, by name. They wait while the module is made anew. */
export interface EngineCalls {
  setAccuracyTarget(target: number): Promise<number>;
  stats(): Promise<Stats>;
  memory(): Promise<MemoryUse>;
  promise(): Promise<PromiseStanding | undefined>;
  saveState(): Promise<Uint8Array>;
  feedback(given: Feedback): Promise<void>;
}
export type CallArgument = number | Feedback;

/** What the application knows of an answer. */
export interface Feedback {
  readonly input: number;
  readonly wrong: boolean;
}

/** The argument is that method's own: both come of one call. */
export function callOf(engine: EngineCalls, method: keyof EngineCalls, argument: CallArgument): Promise<unknown> {
  return (engine[method] as (argument: CallArgument) => Promise<unknown>).call(engine, argument);
}

export type ToEngine =
  | { readonly type: 'open'; readonly settings: EngineSettings }
  // A ticket is the caller's number of a frame; every offered ticket ends in exactly one 'answered' or 'failed'.
  | { readonly type: 'offer'; readonly ticket: number; readonly input: Input; readonly wishes: Wishes }
  | { readonly type: 'cancel'; readonly ticket: number }
  | { readonly type: 'call'; readonly id: number; readonly method: keyof EngineCalls; readonly argument: CallArgument }
  | { readonly type: 'simulate-link'; readonly link: SimulatedLink | undefined }
  // The answer to 'token-wanted'.
  | { readonly type: 'token'; readonly id: number; readonly token: string | undefined; readonly error: SerializedError | undefined }
  | { readonly type: 'dispose' };

export type FromEngine =
  | { readonly type: 'listening' }
  | { readonly type: 'opened'; readonly info: EngineInfo }
  | { readonly type: 'open-failed'; readonly error: SerializedError }
  | { readonly type: 'token-wanted'; readonly id: number }
  // The gate has judged this frame: the next one may be offered.
  | { readonly type: 'judged'; readonly ticket: number }
  | { readonly type: 'answered'; readonly ticket: number; readonly answer: EngineAnswer }
  | { readonly type: 'failed'; readonly ticket: number; readonly input: number; readonly error: SerializedError; readonly cost: Cost }
  | { readonly type: 'returned'; readonly id: number; readonly value: unknown }
  | { readonly type: 'threw'; readonly id: number; readonly error: SerializedError }
  | { readonly type: 'connection'; readonly report: ConnectionReport }
  | { readonly type: 'environment'; readonly environment: Environment }
  // What is known of the live promise has changed in kind.
  | { readonly type: 'promise'; readonly standing: PromiseStanding }
  // The server's version of the bundle took the place of the one that was opened.
  | { readonly type: 'bundle'; readonly bundle: BundleInfo }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'recorded'; readonly line: string }
  | { readonly type: 'log'; readonly level: LogLevel; readonly message: string }
  // The engine cannot go on; every ticket has ended, and dispose is all that it still does.
  | { readonly type: 'ended'; readonly error: SerializedError }
  | { readonly type: 'disposed' };
