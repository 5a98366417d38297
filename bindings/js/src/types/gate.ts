/// <reference lib="esnext.disposable" preserve="true" />
// The public types of what is open: a gate, or a filter alone, and how they are opened. No code.
import type { Input, InputSource } from './inputs.js';
import type { BundleSource, CallOptions, InferOptions, OpenFilterOptions, OpenOptions, SimulatedLink, StreamOptions } from './options.js';
import type { FilterVerdict, Result, StreamItem } from './results.js';
import type { BundleInfo, ConnectionEvent, Environment, MemoryUse, PromiseStanding, Stats } from './state.js';
import type { Address } from '../platform-types.js';

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
  /**
   * Makes the link to the server slower than it is, both ways, from now on and after a reconnection too: for trying out what happens on
   * a thin one. Without a link it is as fast as it is.
   */
  simulateLink(link?: SimulatedLink): void;
  /** How the live promise stands; undefined without one (`promise: 'live'`), or where the target is 1. */
  promise(options?: CallOptions): Promise<PromiseStanding | undefined>;
  /**
   * What the application knows of an answer that was given without the full model: `input` of its result, and whether it was wrong. Rejects with
   * `not_found` where that is not among the last few hundred, or was told already, and with `invalid_argument` without a live promise.
   */
  feedback(input: number, wrong: boolean, options?: CallOptions): Promise<void>;
  /** What the live promise has learned and spent, some kB, for `savedState` of a later open(); empty without one. */
  saveState(options?: CallOptions): Promise<Uint8Array>;
  /** Calls `listener` whenever the promise's state changes, or an alarm goes off; returns what ends that. */
  onPromise(listener: (standing: PromiseStanding) => void): () => void;
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

export type OpenFilter = (bundle: Address | BundleSource, options?: OpenFilterOptions) => Promise<Filter>;
