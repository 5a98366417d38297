// The public types of a device half alone. Those of answers and options are with the others (../types.ts), which exports these.
import type { Address, Signal } from '../platform-types.js';
import type { Assets, BundleInfo, BundleSource, Frame, Progress } from '../types.js';

/** What was measured of a model in two halves. */
export interface SplitPoint {
  /** Share of the combined answers that agree with the full model's, at least. */
  readonly target: number;
  /** So many are sent for it. */
  readonly channels: number;
}

/** The device half of a split model alone, for pages that show what it makes of a picture; open() sends it and combines the answers. */
export interface DeviceHalf {
  readonly bundle: BundleInfo;
  /** The manifest's text, for fields of one's own. */
  readonly manifest: string;
  /** Growing targets. */
  readonly points: readonly SplitPoint[];
  /** How many coded channels there are to send: as many as maps, or twice as many, coarse values of all and then the rest of each. */
  readonly channels: number;
  /** Of the picture that it sees, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Runs on the calling thread. The frame stays the caller's. */
  run(frame: Frame): Promise<DeviceHalfRun>;
}

export interface DeviceHalfRun {
  /** Logits, one for each class. */
  readonly guess: Float32Array;
  /** What it saw: RGB, row by row. */
  readonly picture: Uint8Array;
  /** The channels that are sent, the most important first: symbols from 0 to `symbols` - 1, row by row. */
  readonly maps: readonly Uint8Array[];
  readonly mapWidth: number;
  readonly mapHeight: number;
  readonly symbols: number;
  /** How long a payload of so many coded channels is; 0 for none. */
  readonly payloadBytes: readonly number[];
  /** Of the run itself, without reading and scaling the picture and without coding. */
  readonly tookMs: number;
}

export interface OpenDeviceHalfOptions {
  readonly assets?: Assets;
  readonly signal?: Signal;
  readonly onProgress?: (progress: Progress) => void;
}

export type OpenDeviceHalf = (bundle: Address | BundleSource, options?: OpenDeviceHalfOptions) => Promise<DeviceHalf>;
