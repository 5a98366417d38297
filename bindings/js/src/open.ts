// open(): every choice made, every address absolute, then the engine started in a worker or on this thread.
import type { Port } from './bindings/threads.js';
import type { BundlePlace } from './engine/bundle.js';
import { download } from './engine/download.js';
import type { WasmAssets } from './engine/wasm.js';
import { aborted, describe, SluiceError } from './errors.js';
import { GateImpl } from './gate.js';
import { bundleGiven, openOptions, workerGiven } from './options.js';
import type { Target } from './targets/target.js';
import type { Assets, BundleSource, Gate, OnnxRuntimeWebAssets, Open, OpenOptions, Place, Source, WasmFile } from './types.js';
import { openHere, openInWorker } from './worker/host.js';
import type { EngineSettings } from './worker/protocol.js';
import { webPort } from './targets/web-port.js';
import { tokenSource } from './token.js';

export const defaultMaxMemoryBytes = 1 << 30;
const defaults = { budgetMs: 2000, maxInFlight: 4, maxMemoryBytes: defaultMaxMemoryBytes, engineTimeoutMs: 30_000 } as const;
const maxGivenBytes = 1 << 30;
const usualCosts = { perDeviceMs: 1, perKilobyte: 5, perServerMs: 1 } as const;

export function makeOpen(target: Target): Open {
  return async (bundle, given = {}) => {
    const options = openOptions(given);
    const { signal } = options;
    if (signal?.aborted) throw aborted(signal, 'open()');
    const token = tokenSource(options.token);
    const settings = await makeSettings(bundle, options, target);
    if (signal?.aborted) throw aborted(signal, 'open()');
    return GateImpl.open(
      async (events) => {
        if (!settings.inWorker) return openHere(settings, target, events, signal, token);
        return openInWorker(makeWorker(options.createWorker, target), settings, events, signal, token);
      },
      settings.policy === 'keep-all' ? 2 * (settings.maxInFlight ?? defaults.maxInFlight) : Infinity,
      options,
    ) satisfies Promise<Gate>;
  };
}

function makeWorker(createWorker: OpenOptions['createWorker'], target: Target): Port {
  try {
    return createWorker === undefined ? target.createWorker() : webPort(workerGiven(createWorker()));
  } catch (thrown) {
    if (thrown instanceof SluiceError) throw thrown;
    throw new SluiceError('unsupported_environment', `the worker could not be made: ${describe(thrown)}`, {
      cause: thrown,
      hint: 'check createWorker, where it is given, and that worker-src allows the worker; or set worker: false',
    });
  }
}

async function makeSettings(bundle: string | URL | BundleSource, options: OpenOptions, target: Target): Promise<EngineSettings> {
  const asked = options.place ?? (options.server === undefined ? 'local' : 'remote');
  const { place, ...placing } = placingOf(asked, options);
  const server = options.server === undefined ? undefined : serverUrl(options.server, target);
  if (place !== 'local' && server === undefined) {
    throw new SluiceError('invalid_argument', `place '${asked}' needs a server`, { hint: "set server, or place: 'local'" });
  }
  if (server !== undefined && place !== 'local') await target.requireSockets();
  const ort = options.assets?.onnxruntimeWeb;
  const ortFile = (file: keyof OnnxRuntimeWebAssets): string | undefined =>
    ort?.[file] === undefined ? undefined : absolute(ort[file], `assets.onnxruntimeWeb.${file}`, target).href;
  return {
    bundle: await placeOf(bundle, options.signal, target),
    server,
    asked,
    place,
    ...placing,
    leastAgreement: options.leastAgreement,
    livePromise: options.promise === 'live',
    savedState: savedStateOf(options),
    engine: options.engine ?? 'sluice',
    inWorker: options.worker ?? true,
    threads: options.threads ?? 'auto',
    accuracyTarget: options.accuracyTarget,
    gate: options.gate ?? true,
    split: options.split ?? true,
    staleAnswerMs: options.staleAnswerMs,
    exits: options.exits ?? true,
    exitsMeanCost: options.exitsMeanCost,
    policy: options.policy ?? 'newest-wins',
    budgetMs: options.budgetMs ?? defaults.budgetMs,
    maxInFlight: options.maxInFlight,
    privateAnswers: options.privateAnswers,
    maxWaiting: options.maxWaiting,
    maxJpegQuality: options.jpegQuality ?? 1,
    record: options.record !== undefined,
    maxMemoryBytes: options.maxMemoryBytes ?? defaults.maxMemoryBytes,
    engineTimeoutMs: options.engineTimeoutMs ?? defaults.engineTimeoutMs,
    wasm: await wasmAssets(options.assets, options.signal, target),
    onnxruntimeWeb: { module: ortFile('module'), mjs: ortFile('mjs'), wasm: ortFile('wasm') },
  };
}

function savedStateOf({ promise, savedState }: OpenOptions): Uint8Array | undefined {
  if (savedState === undefined || promise === 'live') return savedState;
  throw new SluiceError('invalid_argument', 'savedState is of a live promise', { hint: "set promise: 'live', or leave savedState out" });
}

/** What a place comes to, as `sluice run --place` has it: a variant that stands in takes the place of the model here. */
function placingOf(
  asked: Place,
  { standIn, leastAgreement, costs, keptInTime }: OpenOptions,
): Pick<EngineSettings, 'place' | 'placeForms' | 'duplicate' | 'standIn' | 'choose' | 'costs' | 'keptInTime'> {
  if (standIn !== undefined && asked !== 'auto') {
    throw new SluiceError('invalid_argument', `standIn is of place 'auto', and place is '${asked}'`, { hint: "set place: 'auto', or leave standIn out" });
  }
  if (leastAgreement !== undefined && asked === 'local') {
    throw new SluiceError('invalid_argument', "leastAgreement is of answers of a server, and place is 'local'", { hint: 'leave leastAgreement out' });
  }
  for (const [name, given] of Object.entries({ costs, keptInTime })) {
    if (given === undefined || asked === 'choice') continue;
    throw new SluiceError('invalid_argument', `${name} is of place 'choice', and place is '${asked}'`, { hint: `set place: 'choice', or leave ${name} out` });
  }
  const choose = asked === 'choice';
  const placeForms = choose || asked === 'auto' || asked === 'remote-auto';
  const duplicate = asked === 'auto';
  const place = choose
    ? 'remote-else-local'
    : asked === 'auto'
      ? standIn === undefined
        ? 'remote-else-local'
        : 'remote'
      : asked === 'remote-auto'
        ? 'remote'
        : asked;
  return { place, placeForms, duplicate, standIn, choose, costs: { ...usualCosts, ...costs }, keptInTime: keptInTime ?? 0.95 };
}

const streamPath = '/v1/stream'; // where sluice-server listens

/** ws: and wss: as they are; http: and https:, and what is relative to an http page, as the same with ws. Without a path, sluice-server's. */
function serverUrl(server: string | URL, target: Target): string {
  const url = absolute(server, 'server', target, 'use ws://host:port/path or wss://host/path');
  url.protocol = url.protocol.replace(/^http/, 'ws');
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') {
    throw new SluiceError('invalid_argument', `server is '${String(server)}'; its scheme must be ws or wss`, {
      url: url.href,
      hint: 'use ws://host:port or wss://host',
    });
  }
  // Not by `hash`, which is empty as well for an address that merely ends in '#'.
  if (url.href.includes('#')) {
    throw new SluiceError('invalid_argument', `server is '${String(server)}'; the address of a WebSocket has no fragment`, {
      url: url.href,
      hint: "leave out the '#' and what follows it",
    });
  }
  if (url.pathname === '/') url.pathname = streamPath;
  return url.href;
}

/** `what` is what the user knows the address by. */
function absolute(address: string | URL, what: string, target: Target, hint = 'pass an absolute address, or one relative to the page'): URL {
  try {
    return target.resolve(address);
  } catch (cause) {
    throw new SluiceError('invalid_argument', `${what} is '${String(address)}', which is no address`, { cause, hint });
  }
}

export async function placeOf(given: string | URL | BundleSource, signal: AbortSignal | undefined, target: Target): Promise<BundlePlace> {
  const bundle = bundleGiven(given);
  if (typeof bundle === 'string' || bundle instanceof URL) return { type: 'url', manifest: manifestUrl(bundle, target) };
  const parts: Record<string, Source> = {};
  for (const [name, source] of Object.entries(bundle.parts)) parts[name] = await portable(source, `part '${name}'`, signal, target);
  return { type: 'parts', manifest: await portable(bundle.manifest, 'manifest', signal, target), parts };
}

function manifestUrl(bundle: string | URL, target: Target): string {
  const url = absolute(bundle, 'bundle', target);
  if (url.pathname.endsWith('.json')) return url.href;
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  url.pathname += 'manifest.json';
  return url.href;
}

export async function wasmAssets(assets: Assets | undefined, signal: AbortSignal | undefined, target: Target): Promise<WasmAssets> {
  const files: { -readonly [File in WasmFile]?: string | Uint8Array | WebAssembly.Module } = {};
  for (const [name, given] of Object.entries(assets?.files ?? {}) as [WasmFile, Source | WebAssembly.Module][]) {
    files[name] = given instanceof WebAssembly.Module ? given : await portable(given, name, signal, target);
  }
  if (assets?.base === undefined) return { base: undefined, files };
  const base = absolute(assets.base, 'assets.base', target);
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  return { base: base.href, files };
}

/** What can cross to a worker: an absolute address or bytes. */
async function portable(source: Source, what: string, signal: AbortSignal | undefined, target: Target): Promise<string | Uint8Array> {
  if (typeof source === 'string' || source instanceof URL) return absolute(source, what, target).href;
  return download(source, { what, maxBytes: maxGivenBytes, hint: `check what was given for the ${what}` }, { target, signal });
}
