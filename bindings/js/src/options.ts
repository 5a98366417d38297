// The options' names and the kinds of their values, and the refusal of any other: TypeScript sees a misspelt one, plain JavaScript
// would run without it.
import { SluiceError } from './errors.js';
import * as kinds from './option-kinds.js';
import { requireKind, shown, type Kind } from './option-kinds.js';
import type { WebWorker } from './platform-types.js';
import type {
  Assets,
  BundleSource,
  CallOptions,
  ConnectionEvent,
  CostWeights,
  InferOptions,
  OnnxRuntimeWebAssets,
  OpenDeviceHalfOptions,
  OpenFilterOptions,
  OpenOptions,
  SimulatedLink,
  StreamOptions,
  WasmFile,
} from './types.js';

/** Every name of the options, so that the compiler misses one that is not listed. */
type Names<Options> = Readonly<Record<keyof Options, Kind>>;

const count = kinds.count(2 ** 32 - 1);
const bytes = kinds.count(2 ** 32);
const mostStaleMs = 60_000; // as for `sluice run`
const mostKilobitsPerS = 10_000_000;
const mostRoundTripMs = 60_000;
const timerMs = kinds.count(2 ** 31 - 1); // a timer of more would end at once
const callNames: Names<CallOptions> = { signal: kinds.signal };
const inferNames: Names<InferOptions> = { signal: kinds.signal, traceparent: kinds.traceparent, channels: kinds.channels };
const streamNames: Names<StreamOptions> = { signal: kinds.signal, ordered: kinds.boolean, closeFrames: kinds.boolean };
const filterNames: Names<OpenFilterOptions> = {
  accuracyTarget: kinds.share,
  assets: kinds.object,
  maxMemoryBytes: bytes,
  signal: kinds.signal,
  onProgress: kinds.callable,
};
const deviceHalfNames: Names<OpenDeviceHalfOptions> = { assets: kinds.object, signal: kinds.signal, onProgress: kinds.callable };
const openNames: Names<OpenOptions> = {
  server: kinds.address,
  token: kinds.token,
  place: kinds.oneOf('remote', 'remote-else-local', 'local', 'auto', 'remote-auto', 'choice'),
  costs: kinds.object,
  keptInTime: kinds.share,
  promise: kinds.oneOf('calibrated', 'live'),
  savedState: kinds.bytes,
  standIn: kinds.name,
  leastAgreement: kinds.share,
  engine: kinds.oneOf('sluice', 'onnxruntime-web'),
  worker: kinds.boolean,
  createWorker: kinds.callable,
  threads: kinds.threads,
  accuracyTarget: kinds.share,
  gate: kinds.boolean,
  split: kinds.boolean,
  staleAnswerMs: kinds.countOrNone(mostStaleMs),
  exits: kinds.boolean,
  exitsMeanCost: kinds.share,
  policy: kinds.oneOf('newest-wins', 'keep-all'),
  budgetMs: count,
  maxInFlight: count,
  privateAnswers: kinds.boolean,
  maxWaiting: count,
  jpegQuality: kinds.share,
  maxMemoryBytes: bytes,
  engineTimeoutMs: timerMs,
  signal: kinds.signal,
  onProgress: kinds.callable,
  assets: kinds.object,
  logger: kinds.logger,
  record: kinds.callable,
};
const mostWeight = 1e6;
const weight = kinds.upTo(mostWeight);
const costNames: Names<CostWeights> = { perDeviceMs: weight, perKilobyte: weight, perServerMs: weight };
const linkNames: Names<SimulatedLink> = { kilobitsPerS: kinds.upTo(mostKilobitsPerS), roundTripMs: kinds.upTo(mostRoundTripMs) };
const bundleNames: Names<BundleSource> = { manifest: kinds.source, parts: kinds.object };
const assetNames: Names<Assets> = { base: kinds.address, files: kinds.object, onnxruntimeWeb: kinds.object };
const fileNames: Names<Record<WasmFile, unknown>> = {
  'sluice-gate.wasm': kinds.wasmSource,
  'sluice-client.wasm': kinds.wasmSource,
  'sluice.wasm': kinds.wasmSource,
  'sluice-relaxed.wasm': kinds.wasmSource,
  'sluice-threads.wasm': kinds.wasmSource,
  'sluice-lite.wasm': kinds.wasmSource,
};
const onnxruntimeNames: Names<OnnxRuntimeWebAssets> = { module: kinds.address, mjs: kinds.address, wasm: kinds.address };

/** Each throws `invalid_argument` for what is no option of the call, or not of its kind, else returns the options. */
export const callOptions = (options: CallOptions, call: string): CallOptions => known(options, callNames, call);
export const inferOptions = (options: InferOptions): InferOptions => known(options, inferNames, 'infer()');
export const streamOptions = (options: StreamOptions): StreamOptions => known(options, streamNames, 'stream()');
export const openOptions = (options: OpenOptions): OpenOptions => {
  const { costs } = known(options, openNames, 'open()');
  if (costs !== undefined) known(costs, costNames, 'costs');
  return withAssets(options);
};
export const openFilterOptions = (options: OpenFilterOptions): OpenFilterOptions => withAssets(known(options, filterNames, 'openFilter()'));

export const openDeviceHalfOptions = (options: OpenDeviceHalfOptions): OpenDeviceHalfOptions => withAssets(known(options, deviceHalfNames, 'openDeviceHalf()'));

/** The same of a bundle: an address, or its manifest and parts. */
export function bundleGiven(bundle: string | URL | BundleSource): string | URL | BundleSource {
  if (typeof bundle === 'string' || bundle instanceof URL) return bundle;
  known(bundle, bundleNames, 'bundle');
  if (bundle.manifest === undefined) throw new SluiceError('invalid_argument', 'bundle has no manifest', { hint: 'pass an address, or { manifest, parts }' });
  const { manifest, parts = {} } = bundle;
  for (const [name, part] of Object.entries(parts)) requireKind(kinds.source, part, `bundle: parts['${name}']`);
  return { manifest, parts };
}

/** The same of what createWorker() returned. */
export function workerGiven(worker: WebWorker): WebWorker {
  const { postMessage, terminate } = (worker ?? {}) as Partial<WebWorker>;
  if (typeof postMessage === 'function' && typeof terminate === 'function') return worker;
  throw new SluiceError('invalid_argument', `what createWorker() returned is ${shown(worker)}; it must be a Worker`, {
    hint: "return new Worker(url, { type: 'module', name: 'sluice' }) of a file that runs sluice/worker",
  });
}

export function listenerGiven<Event>(listener: (event: Event) => void, what: string): (event: Event) => void {
  requireKind(kinds.callable, listener, `${what}'s listener`);
  return listener;
}

export const simulatedLink = (link: SimulatedLink): SimulatedLink => known(link, linkNames, 'simulateLink()');

export function feedbackGiven(input: number, wrong: boolean): { readonly input: number; readonly wrong: boolean } {
  requireKind(kinds.count(Number.MAX_SAFE_INTEGER), input, 'feedback(): input');
  requireKind(kinds.boolean, wrong, 'feedback(): wrong');
  return { input, wrong };
}

export function accuracyTargetGiven(target: number): number {
  requireKind(kinds.share, target, 'accuracyTarget');
  return target;
}

function withAssets<Options extends { readonly assets?: Assets }>(options: Options): Options {
  const { assets } = options;
  if (assets === undefined) return options;
  known(assets, assetNames, 'assets');
  if (assets.files !== undefined) known(assets.files, fileNames, 'assets.files');
  if (assets.onnxruntimeWeb !== undefined) known(assets.onnxruntimeWeb, onnxruntimeNames, 'assets.onnxruntimeWeb');
  return options;
}

function known<Options extends object>(options: Options, names: Names<Options>, what: string): Options {
  const all = Object.keys(names);
  if (typeof options !== 'object' || options === null) {
    throw new SluiceError('invalid_argument', `${what}: ${shown(options)} came in the place of an object`, { hint: `it has ${all.join(', ')}` });
  }
  // Its own names are none of ours, since it has none: the signal would simply be without effect.
  if (typeof AbortSignal !== 'undefined' && options instanceof AbortSignal) {
    throw new SluiceError('invalid_argument', `${what}: a signal came in the place of the options`, { hint: 'pass it as { signal }' });
  }
  const strange = Object.keys(options).find((name) => !Object.hasOwn(names, name));
  if (strange !== undefined) {
    throw new SluiceError('invalid_argument', `${what} has no '${strange}'; ${insteadOf(strange, all)}`, { hint: `it has ${all.join(', ')}` });
  }
  for (const [name, kind] of Object.entries<Kind>(names)) {
    const value: unknown = options[name as keyof Options];
    if (value !== undefined) requireKind(kind, value, `${what}: ${name}`);
  }
  return options;
}

/** What to do about a name that is none of `names`: the call that has it, a name that it may have been meant for, or else all of them. */
function insteadOf(name: string, names: readonly string[]): string {
  if (Object.hasOwn(openNames, name)) return 'it is an option of open()';
  if (Object.hasOwn(streamNames, name)) return 'it is an option of stream()';
  const near = nearest(name, names);
  return near === undefined ? `it has ${names.join(', ')}` : `the nearest that it has is '${near}'`;
}

/** One that is a part of the other is near at any length: 'target' of 'accuracyTarget'. Others are when most of the letters are the same. */
function nearest(name: string, names: readonly string[]): string | undefined {
  const wanted = name.toLowerCase();
  const distances = names.map((one) => {
    const known = one.toLowerCase();
    const letters = distance(wanted, known);
    return wanted.length > 2 && (known.includes(wanted) || wanted.includes(known)) ? Math.min(letters, 2) : letters;
  });
  const least = Math.min(...distances);
  return least <= Math.max(2, wanted.length / 3) ? names[distances.indexOf(least)] : undefined;
}

/** Letters to put in, take out or change. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 0; i < from.length; ++i) {
    const next = [i + 1];
    for (let j = 0; j < to.length; ++j) next.push(Math.min(row[j + 1]! + 1, next[j]! + 1, row[j]! + (from[i] === to[j] ? 0 : 1)));
    row = next;
  }
  return row[to.length]!;
}
