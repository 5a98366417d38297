// The options' names, and the refusal of any other: TypeScript sees a misspelt one, plain JavaScript would run without it.
import { SluiceError } from './errors.js';
import type { Assets, BundleSource, CallOptions, OnnxRuntimeWebAssets, OpenFilterOptions, OpenOptions, StreamOptions, WasmFile } from './types.js';

/** Every name of the options, so that the compiler misses one that is not listed. */
type Names<Options> = Readonly<Record<keyof Options, true>>;

const callNames: Names<CallOptions> = { signal: true };
const streamNames: Names<StreamOptions> = { signal: true, ordered: true, closeFrames: true };
const filterNames: Names<OpenFilterOptions> = { accuracyTarget: true, assets: true, maxMemoryBytes: true, signal: true, onProgress: true };
const openNames: Names<OpenOptions> = {
  server: true,
  place: true,
  engine: true,
  worker: true,
  createWorker: true,
  threads: true,
  accuracyTarget: true,
  gate: true,
  policy: true,
  budgetMs: true,
  maxInFlight: true,
  maxWaiting: true,
  jpegQuality: true,
  maxMemoryBytes: true,
  engineTimeoutMs: true,
  signal: true,
  onProgress: true,
  assets: true,
  logger: true,
  record: true,
};
const bundleNames: Names<BundleSource> = { manifest: true, parts: true };
const assetNames: Names<Assets> = { base: true, files: true, onnxruntimeWeb: true };
const fileNames: Names<Record<WasmFile, unknown>> = {
  'sluice-gate.wasm': true,
  'sluice-client.wasm': true,
  'sluice.wasm': true,
  'sluice-relaxed.wasm': true,
  'sluice-threads.wasm': true,
};
const onnxruntimeNames: Names<OnnxRuntimeWebAssets> = { module: true, mjs: true, wasm: true };

/** Each throws `invalid_argument` for what is no option of the call, else returns the options. */
export const callOptions = (options: CallOptions, call: string): CallOptions => known(options, callNames, call);
export const streamOptions = (options: StreamOptions): StreamOptions => known(options, streamNames, 'stream()');
export const openOptions = (options: OpenOptions): OpenOptions => withAssets(known(options, openNames, 'open()'));
export const openFilterOptions = (options: OpenFilterOptions): OpenFilterOptions => withAssets(known(options, filterNames, 'openFilter()'));

/** The same of a bundle: an address, or its manifest and parts. */
export function bundleGiven(bundle: string | URL | BundleSource): string | URL | BundleSource {
  if (typeof bundle === 'string' || bundle instanceof URL) return bundle;
  known(bundle, bundleNames, 'bundle');
  if (bundle.manifest === undefined) throw new SluiceError('invalid_argument', 'bundle has no manifest', { hint: 'pass an address, or { manifest, parts }' });
  return { manifest: bundle.manifest, parts: bundle.parts ?? {} };
}

function withAssets<Options extends { readonly assets?: Assets }>(options: Options): Options {
  const { assets } = options;
  if (assets === undefined) return options;
  known(assets, assetNames, 'assets');
  if (assets.files !== undefined) known(assets.files, fileNames, 'assets.files');
  if (assets.onnxruntimeWeb !== undefined) known(assets.onnxruntimeWeb, onnxruntimeNames, 'assets.onnxruntimeWeb');
  return options;
}

function known<Options extends object>(options: Options, names: Readonly<Record<string, true>>, what: string): Options {
  const all = Object.keys(names);
  if (typeof options !== 'object' || options === null) {
    throw new SluiceError('invalid_argument', `${what}: ${String(options)} came in the place of an object`, { hint: `it has ${all.join(', ')}` });
  }
  // Its own names are none of ours, since it has none: the signal would simply be without effect.
  if (typeof AbortSignal !== 'undefined' && options instanceof AbortSignal) {
    throw new SluiceError('invalid_argument', `${what}: a signal came in the place of the options`, { hint: 'pass it as { signal }' });
  }
  const strange = Object.keys(options).find((name) => !Object.hasOwn(names, name));
  if (strange === undefined) return options;
  throw new SluiceError('invalid_argument', `${what} has no '${strange}'; the nearest that it has is '${nearest(strange, all)}'`, {
    hint: `it has ${all.join(', ')}`,
  });
}

/** One that is a part of the other is near at any length: 'target' of 'accuracyTarget'. */
function nearest(name: string, names: readonly string[]): string {
  const wanted = name.toLowerCase();
  const distances = names.map((one) => {
    const known = one.toLowerCase();
    const letters = distance(wanted, known);
    return wanted.length > 2 && (known.includes(wanted) || wanted.includes(known)) ? Math.min(letters, 2) : letters;
  });
  return names[distances.indexOf(Math.min(...distances))]!;
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
