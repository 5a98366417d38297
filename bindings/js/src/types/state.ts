// The public types of what a gate says of itself: its build, bundle, connection, counts and memory. No code.
import type { Engine, Place } from './options.js';
import type { Choice, Cost, Duplicate, ResultKind } from './results.js';
import type { Modality } from './inputs.js';
import type { SluiceError } from '../errors.js';

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
  /** What the stages and exits cost of a model that runs here by stages, as far as it does, once it is loaded; undefined where it does not. */
  readonly stages: StagesInfo | undefined;
}

/** A model that runs by stages, in multiply-adds: what `cost.multiplyAdds` of its results can be held against. */
export interface StagesInfo {
  /** Of a run to the model's end, without exits; 0 before the first run where the model's shapes depend on values. */
  readonly multiplyAdds: number;
  /** Those on this device, in the model's order. */
  readonly exits: readonly ExitInfo[];
  /** How many there are with those behind a cut, which only a server runs. */
  readonly exitsInAll: number;
}

export interface ExitInfo {
  /** The tensor of the model that it stands at. */
  readonly tensor: string;
  /** Of the model from its input to there. */
  readonly modelMultiplyAdds: number;
  /** Of the exit itself. */
  readonly multiplyAdds: number;
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
  /** Answered frames that were placed, by the answer that was chosen. */
  readonly placed: Readonly<Record<Choice, PlacedStats>>;
  /** Of those, what became of the model here beside the server's. */
  readonly duplicates: Readonly<Record<Exclude<Duplicate, 'none'>, number>>;
  readonly connects: number;
  /** How often the module trapped and a new instance took its place. */
  readonly restarts: number;
}

/** Sums over the frames for which an answer was chosen. */
export interface PlacedStats {
  readonly answered: number;
  /** Of them, within `budgetMs`. */
  readonly inTime: number;
  readonly predictedMs: number;
  readonly actualMs: number;
}

/** 'learning': too few audits to say; 'kept', by estimate and margin; 'tight', by the estimate alone; 'broken', not even by that. */
export type PromiseState = 'learning' | 'kept' | 'tight' | 'broken';

/** Something that answers without the full model. */
export interface PromisePlace {
  /** 'skip', 'reuse', 'exits', 'halves' */
  readonly name: string;
  /** Its answers have scores below: of a question in its own unit, else the error expected, [0, 1]. */
  readonly threshold: number;
}

/**
 * How the live promise stands (`promise: 'live'`): three statements that are kept apart. What is promised, `agreement` and its margin against the
 * target, by estimate; what is proven, whatever the frames' order; and an alarm with a stated rate of false ones (once in 100,000 frames at most, in
 * the mean). Agreement is the share of all frames whose answer is the full model's.
 */
export interface PromiseStanding {
  readonly state: PromiseState;
  /** The number of frames after which it began. */
  readonly since: number;
  readonly target: number;
  /** Frames that were answered under the promise, and of them those without the full model. */
  readonly inputs: number;
  readonly answered: number;
  readonly agreement: number;
  readonly agreementWithMargin: number;
  /** Of the last frames, older ones counting for less. */
  readonly recentAgreement: number;
  readonly provenLeast: number;
  readonly provenMost: number;
  /** Of what is proven. */
  readonly confidence: number;
  /** How many errors the target allows so far, and how many there were, by estimate. */
  readonly errorsAllowed: number;
  readonly errorsSpent: number;
  readonly audits: number;
  readonly auditsPending: number;
  readonly auditsFoundWrong: number;
  /** What audits cost, on top of the answers' own. */
  readonly auditBytesUp: number;
  readonly auditModelMs: number;
  readonly alarms: number;
  /** After how many frames the last one went off. */
  readonly lastAlarm: number | undefined;
  /** From 0 to 1, at which it goes off. */
  readonly alarmNearness: number;
  readonly places: readonly PromisePlace[];
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
