// What a manifest says of a model in two halves (core/pipeline/MANIFEST.md, Split), for who runs the device half. The C interface does not
// tell it, and the gate's module, which openDeviceHalf() needs only, does not read it.
import type { Fit } from './fit.js';
import { describe, SluiceError } from '../errors.js';
import type { SplitPoint } from '../types.js';

export interface SplitSpec {
  /** The part that holds the device unit. */
  readonly device: string;
  /** Growing targets. */
  readonly points: readonly SplitPoint[];
  readonly fit: Fit;
  readonly fill: number;
}

const mostPoints = 64;
const mostChannels = 256;

type Json = Readonly<Record<string, unknown>>;

/** undefined for a bundle that is not split; throws `malformed_manifest` for one whose section cannot be used. */
export function readSplit(manifest: string): SplitSpec | undefined {
  const root = parse(manifest);
  const split = root.split;
  if (split === undefined || split === null) return undefined;
  const { device, points } = object(split, 'split');
  if (typeof device !== 'string' || device === '') throw wrong('split.device', device, "the name of the device unit's part");
  const { modality = 'image', fit = 'stretch', fill = 0 } = object(object(root.model, 'model').input, 'model.input');
  if (modality !== 'image') throw wrong('model.input.modality', modality, "'image' where there is a split section");
  if (fit !== 'stretch' && fit !== 'letterbox') throw wrong('model.input.fit', fit, "'stretch' or 'letterbox'");
  if (typeof fill !== 'number') throw wrong('model.input.fill', fill, 'a pixel value');
  return { device, points: readPoints(points), fit, fill };
}

function readPoints(points: unknown): SplitPoint[] {
  if (!Array.isArray(points) || points.length === 0 || points.length > mostPoints) throw wrong('split.points', points, `1 to ${mostPoints} points`);
  let before = { target: -1, channels: 0 };
  return points.map((point: unknown, i) => {
    const { target, channels } = object(point, `split.points[${i}]`);
    if (typeof target !== 'number' || !(target > before.target && target >= 0 && target <= 1)) {
      throw wrong(`split.points[${i}].target`, target, 'a number from 0 to 1, above the one before');
    }
    if (!Number.isInteger(channels) || (channels as number) < 0 || (channels as number) > mostChannels) {
      throw wrong(`split.points[${i}].channels`, channels, `a whole number from 0 to ${mostChannels}`);
    }
    const read = { target, channels: channels as number };
    if (read.channels < before.channels) throw wrong(`split.points[${i}].channels`, channels, 'at least as many as for the target before');
    before = read;
    return read;
  });
}

function parse(text: string): Json {
  try {
    return object(JSON.parse(text), 'the manifest');
  } catch (cause) {
    if (cause instanceof SluiceError) throw cause;
    throw new SluiceError('malformed_manifest', `the manifest is no JSON: ${describe(cause)}`, { cause });
  }
}

function object(value: unknown, what: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw wrong(what, value, 'an object');
}

function wrong(what: string, value: unknown, wanted: string): SluiceError {
  return new SluiceError('malformed_manifest', `${what} is ${JSON.stringify(value) ?? 'missing'}; it must be ${wanted}`);
}
