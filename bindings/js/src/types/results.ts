// The public types of what comes out of infer(), stream() and judge(): answers, what they hold, and what they cost. No code.
import type { SluiceError } from '../errors.js';

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
  /** The full model on this device, as far as it ran, or the device half. */
  readonly localComputeMs: number;
  /** Whole messages, without WebSocket framing. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** That were run on this device of a model that goes by stages, the exits that were asked included; 0 of others, where nothing counts them. */
  readonly multiplyAdds: number;
}

/**
 * How a frame may be answered: 'skip', by none, because nothing is there; 'reuse', by an earlier answer; 'exit', by an early exit here; 'split', by
 * a model whose first part runs here and whose rest on the server; by the server's model for the frame 'whole', encoded here in full size (but
 * where the link wants it smaller), 'small', made here as small as the model takes it, or as the JPEG 'file' that the application has; 'here', by the
 * model on this device.
 */
export type Choice = 'skip' | 'reuse' | 'exit' | 'split' | 'small' | 'whole' | 'here' | 'file';
/** What is sent for it: the frame encoded, its file, made small, a device half's features, what first stages left; 'here': nothing. */
export type Form = 'whole' | 'file' | 'shrunk' | 'features' | 'stages' | 'here';

/** An answer that was considered for a frame. */
export interface ConsideredAnswer {
  readonly kind: Choice;
  readonly form: Form;
  /** Of 'exit': which, from 1 on, 0 for whichever is sure first. Of 'split': how many channels. Otherwise 0. */
  readonly setting: number;
  /** It is the one that was chosen. */
  readonly taken: boolean;
  /** From the decision to the answer, as it was expected: the mean, and what it stays below 19 times out of 20. */
  readonly predictedMs: number;
  readonly predictedP95Ms: number;
  /** To the server. */
  readonly bytes: number;
  /** Whether it was expected within the budget, 19 times out of 20. */
  readonly inTime: boolean;
  /** With `place: 'choice'`, in the unit of `costs`: what it was expected to cost; undefined elsewhere. */
  readonly cost: number | undefined;
  /** The same: the probability that it is not the full model's answer, and whether the accuracy target allowed it. */
  readonly error: number | undefined;
  readonly allowed: boolean | undefined;
}

/** How a frame was placed (`place: 'auto'`, 'remote-auto' and 'choice'). Of one that was chosen again as it went on, the last time. */
export interface Placement {
  /** The answer that was chosen; undefined for a frame that waited for a server until the model here answered, for which nothing was considered. */
  readonly chosen: Choice | undefined;
  /** What of that was to be sent. */
  readonly form: Form | undefined;
  readonly predictedMs: number | undefined;
  readonly predictedBytes: number | undefined;
  /** From the decision to the answer. */
  readonly actualMs: number;
  /** Sent to the server for it in that time. */
  readonly actualBytes: number;
  /** Whether the answer came within `budgetMs` of the frame's offer. */
  readonly inTime: boolean;
  /** Every answer that was to be had, the chosen one included. */
  readonly considered: readonly ConsideredAnswer[];
  /** The model on this device beside the server's: 'none', not thought of; 'skipped', not needed; 'begun', it came second; 'won', it answered. */
  readonly duplicate: Duplicate;
  /** With `place: 'choice'`, in the unit of `costs`: what the answer came to; undefined elsewhere, as the next two. */
  readonly actualCost: number | undefined;
  /** What an error that is certain would have cost. */
  readonly pricePerError: number | undefined;
  /** How often it was chosen: once, and again behind exits or a device half. */
  readonly timesChosen: number | undefined;
}
export type Duplicate = 'none' | 'skipped' | 'begun' | 'won';

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
  /**
   * The best that there was where a better answer did not come within the budget, or failed: an exit that was not sure, or a guess, of a
   * server that is late, gone or refuses. No accuracy target stands behind it.
   */
  readonly stopgap: boolean;
  /** With `promise: 'live'`: the full model runs for this frame as well, to see whether this answer is right. */
  readonly audited: boolean;
  /** With `place: 'auto'`, 'remote-auto' and 'choice': how it was placed; undefined where a question answered with the first two, or too little was known to choose by. */
  readonly placement: Placement | undefined;
}

interface ComputedResult extends ResultBase {
  /** The variant of the model that answered in its place (`leastAgreement`, `standIn`); undefined: the model itself. */
  readonly variant: string | undefined;
  /** The share of inputs on which that variant agrees with the model, where the bundle says. */
  readonly agreement: number | undefined;
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
/**
 * An early exit of this device answered, so that the rest of the model did not run; or, where the budget ran out first, a stage failed or the
 * server that was to go on did not, the latest that was asked (`stopgap`; `reason` says which, and how sure it was). `outputs` are its logits,
 * named and shaped as the model's own output, and 'exit', int32 [1]: the place it left at, from 0 on. Where no exit is sure the model runs to
 * its end, and the result is `local`; or a server goes on from the bundle's cut, and it is `split`.
 */
export interface ExitedResult extends ComputedResult {
  readonly kind: 'exited';
  readonly exit: ExitTaken;
}
/** How deep in the model the answer was found. */
export interface ExitTaken {
  /** From 1. */
  readonly number: number;
  /** How many exits there are, those on a server included. */
  readonly of: number;
}
/**
 * This device and a server together: a model in two halves, or one whose first stages ran here and whose later ones there, from a cut between
 * its early exits.
 *
 * Of halves, `outputs` are the logits, float32 [1, classes], no share of one but what the model's last layer
 * gives, and 'channels', int32 [1]: how many channels of features the answer came of. With 0 it is this device's guess alone: where
 * that is enough for the accuracy target, and where the server does not answer within the budget, cannot be reached (then at once; only the
 * first connection, while it is being made, is waited for, half a budget at most), or fails. `cost.localComputeMs` is the device half's
 * time, `cost.bytesUp` what was sent of features; `reason` says how many channels came, and what kept more of an answer away.
 *
 * From a cut, `outputs` are the logits of the exit that was sure on the server, and 'exit', as of `exited`; or the model's own output alone, where
 * none was. `cost.bytesUp` is the coded tensor, `cost.localComputeMs` the stages here.
 */
export interface SplitResult extends ComputedResult {
  readonly kind: 'split';
  /** The exit on the server that answered; undefined where the model ran to its end there, and of halves. */
  readonly exit?: ExitTaken;
}
/** The full model, on the server. */
export interface RemoteResult extends ComputedResult {
  readonly kind: 'remote';
}
/** The full model, on this device: run whole, or by stages of which none was left early. */
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

export interface FilterVerdict {
  /** Whether the full model's result would be redundant. */
  readonly skip: boolean;
  /** The filter's estimate that the model is needed, in [0, 1]; below `threshold` the frame is skipped. */
  readonly score: number;
  readonly threshold: number;
  readonly gateMs: number;
}
