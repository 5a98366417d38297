// Which build of the module to load: a function of what the runtime can do and what is asked for, with the reason in words.
import type { Features } from './probes.js';
import { SluiceError } from '../errors.js';
import type { WasmFile, WasmVariant } from '../types.js';

export interface VariantWish {
  /** What runs in this module: the gate alone, with the conversation with a server, or full models too. */
  readonly runs: 'gate' | 'client' | 'models';
  readonly threads: 'auto' | number | false;
  /** undefined where the calling thread may wait, else why it may not. */
  readonly noBlocking: string | undefined;
}

export interface VariantChoice {
  readonly variant: WasmVariant;
  readonly file: WasmFile;
  readonly simd: 'fixed' | 'relaxed';
  readonly threads: number;
  readonly reason: string;
}

/** More threads than this gain little for the networks that run in a page. */
const mostAutomaticThreads = 4;

export function chooseVariant(features: Features, wish: VariantWish): VariantChoice {
  requireFeatures(features);
  if (wish.runs !== 'models') {
    const what = wish.runs === 'gate' ? 'the gate alone runs' : 'the gate and the conversation with the server run';
    return { variant: wish.runs, file: `sluice-${wish.runs}.wasm`, simd: 'fixed', threads: 1, reason: `only ${what} in this module` };
  }
  const { threads, reason } = chooseThreads(features, wish);
  if (threads > 1) return { variant: 'threads', file: 'sluice-threads.wasm', simd: 'fixed', threads, reason };
  return singleThread(features, reason);
}

export interface QuestionsWish {
  /** The module that does where the bundle wants no more. */
  readonly small: 'gate' | 'client';
  readonly modality: string;
  /** Whether the model runs by stages, whose turns the conversation decides. */
  readonly stages?: boolean;
  /** Whether inputs are placed. */
  readonly placed?: boolean;
  /** Whether the accuracy target is kept live. */
  readonly promised?: boolean;
}

/**
 * Where questions are asked: in the small module, which knows pictures and models that run whole, or for others in the full one. That is
 * then the file of `models`, where full models run here as well: one download serves both.
 */
export function chooseForQuestions(
  features: Features,
  { small, modality, stages = false, placed = false, promised = false }: QuestionsWish,
  models?: VariantChoice,
): VariantChoice {
  if (modality === 'image' && !stages && !placed && !promised) return chooseVariant(features, { runs: small, threads: false, noBlocking: undefined });
  requireFeatures(features);
  const what =
    modality !== 'image'
      ? `the bundle is about ${modality}`
      : stages
        ? 'the model runs by stages'
        : placed
          ? 'inputs are placed'
          : 'the accuracy target is kept live';
  const reason = `${what}, which only the full module knows`;
  return models === undefined ? singleThread(features, reason) : { ...models, threads: 1, reason };
}

/** The choice without threads; `reason` says why there are none. */
export function singleThread(features: Features, reason: string): VariantChoice {
  return features.relaxedSimd
    ? { variant: 'relaxed', file: 'sluice-relaxed.wasm', simd: 'relaxed', threads: 1, reason: `${reason}; relaxed SIMD is there` }
    : { variant: 'plain', file: 'sluice.wasm', simd: 'fixed', threads: 1, reason: `${reason}; no relaxed SIMD` };
}

function requireFeatures(features: Features): void {
  for (const [there, name] of [
    [features.simd, 'SIMD'],
    [features.exceptions, 'exception handling'],
  ] as const) {
    if (!there) {
      throw new SluiceError('unsupported_environment', `WebAssembly ${name} is missing in this runtime`, {
        hint: 'use Chrome 95, Firefox 100, Safari 16.4, Node 20 or later',
      });
    }
  }
}

function chooseThreads(features: Features, { threads, noBlocking }: VariantWish): { threads: number; reason: string } {
  if (threads === false || threads === 1) return { threads: 1, reason: 'one thread was asked for' };
  const obstacle = features.noSharedMemory ?? noBlocking;
  if (obstacle !== undefined) return { threads: 1, reason: `one thread: ${obstacle}` };
  if (threads === 'auto') {
    const chosen = Math.min(features.hardwareConcurrency, mostAutomaticThreads);
    return { threads: chosen, reason: `${features.hardwareConcurrency} cores and shared memory` };
  }
  if (!Number.isInteger(threads) || threads < 1 || threads > 64) {
    throw new SluiceError('invalid_argument', `threads is ${threads}; use 'auto', false or a whole number from 1 to 64`);
  }
  return { threads, reason: `${threads} threads were asked for` };
}
