// open(): every choice made, every address absolute, then the engine started in a worker or on this thread.
import type { BundlePlace } from './engine/bundle.js';
import { download } from './engine/download.js';
import type { WasmAssets } from './engine/wasm.js';
import { aborted, SluiceError } from './errors.js';
import { GateImpl } from './gate.js';
import { bundleGiven, openOptions } from './options.js';
import type { Target } from './targets/target.js';
import type { Assets, BundleSource, Gate, Open, OpenOptions, Place, Source, WasmFile } from './types.js';
import { openHere, openInWorker } from './worker/host.js';
import type { EngineSettings } from './worker/protocol.js';
import { webPort } from './targets/web-port.js';

export const defaultMaxMemoryBytes = 1 << 30;
const defaults = { budgetMs: 2000, maxInFlight: 4, maxMemoryBytes: defaultMaxMemoryBytes, engineTimeoutMs: 30_000 } as const;
const maxGivenBytes = 1 << 30;

export function makeOpen(target: Target): Open {
  return async (bundle, given = {}) => {
    const options = openOptions(given);
    const { signal } = options;
    if (signal?.aborted) throw aborted(signal, 'open()');
    const settings = await makeSettings(bundle, options, target);
    if (signal?.aborted) throw aborted(signal, 'open()');
    return GateImpl.open(
      (events) => {
        if (!settings.inWorker) return openHere(settings, target, events, signal);
        const port = options.createWorker === undefined ? target.createWorker() : webPort(options.createWorker());
        return openInWorker(port, settings, events, signal);
      },
      settings.policy === 'keep-all' ? 2 * (settings.maxInFlight ?? defaults.maxInFlight) : Infinity,
      options,
    ) satisfies Promise<Gate>;
  };
}

async function makeSettings(bundle: string | URL | BundleSource, options: OpenOptions, target: Target): Promise<EngineSettings> {
  const place = options.place ?? (options.server === undefined ? 'local' : 'remote');
  const server = options.server === undefined ? undefined : serverUrl(options.server, target);
  checkOptions(options, place);
  if (server !== undefined && place !== 'local') await target.requireSockets();
  const ort = options.assets?.onnxruntimeWeb;
  const absolute = (address: string | URL | undefined): string | undefined => (address === undefined ? undefined : target.resolve(address).href);
  return {
    bundle: await placeOf(bundle, options.signal, target),
    server,
    place,
    engine: options.engine ?? 'sluice',
    inWorker: options.worker ?? true,
    threads: options.threads ?? 'auto',
    accuracyTarget: options.accuracyTarget,
    gate: options.gate ?? true,
    policy: options.policy ?? 'newest-wins',
    budgetMs: options.budgetMs ?? defaults.budgetMs,
    maxInFlight: options.maxInFlight,
    maxWaiting: options.maxWaiting,
    maxJpegQuality: options.jpegQuality ?? 1,
    record: options.record !== undefined,
    maxMemoryBytes: options.maxMemoryBytes ?? defaults.maxMemoryBytes,
    engineTimeoutMs: options.engineTimeoutMs ?? defaults.engineTimeoutMs,
    wasm: await wasmAssets(options.assets, options.signal, target),
    onnxruntimeWeb: { module: absolute(ort?.module), mjs: absolute(ort?.mjs), wasm: absolute(ort?.wasm) },
  };
}

const streamPath = '/v1/stream'; // where sluice-server listens

function checkOptions(options: OpenOptions, place: Place): void {
  const refuse = (text: string, hint?: string): never => {
    throw new SluiceError('invalid_argument', text, hint === undefined ? {} : { hint });
  };
  if (!['remote', 'remote-else-local', 'local'].includes(place)) refuse(`place is '${place}'; use 'remote', 'remote-else-local' or 'local'`);
  if (place !== 'local' && options.server === undefined) refuse(`place '${place}' needs a server`, "set server, or place: 'local'");
  const { engine = 'sluice', policy = 'newest-wins', accuracyTarget, jpegQuality } = options;
  if (!['sluice', 'onnxruntime-web'].includes(engine)) refuse(`engine is '${engine}'; use 'sluice' or 'onnxruntime-web'`);
  if (!['newest-wins', 'keep-all'].includes(policy)) refuse(`policy is '${policy}'; use 'newest-wins' or 'keep-all'`);
  if (accuracyTarget !== undefined && !(accuracyTarget > 0 && accuracyTarget <= 1)) refuse(`accuracyTarget is ${accuracyTarget}; it is above 0 and at most 1`);
  if (jpegQuality !== undefined && !(jpegQuality > 0 && jpegQuality <= 1)) refuse(`jpegQuality is ${jpegQuality}; it is above 0 and at most 1`);
  for (const name of ['budgetMs', 'maxInFlight', 'maxWaiting', 'maxMemoryBytes', 'engineTimeoutMs'] as const) {
    const value = options[name];
    const most = name === 'maxMemoryBytes' ? 2 ** 32 : 2 ** 32 - 1;
    if (value !== undefined && !(Number.isInteger(value) && value >= 1 && value <= most)) refuse(`${name} is ${value}; it is a whole number from 1 to ${most}`);
  }
}

/** ws: and wss: as they are; http: and https:, and what is relative to an http page, as the same with ws. Without a path, sluice-server's. */
function serverUrl(server: string | URL, target: Target): string {
  let url: URL;
  try {
    url = target.resolve(server);
  } catch (cause) {
    throw new SluiceError('invalid_argument', `server is '${String(server)}', which is no address`, {
      cause,
      hint: 'use ws://host:port/path or wss://host/path',
    });
  }
  url.protocol = url.protocol.replace(/^http/, 'ws');
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') {
    throw new SluiceError('invalid_argument', `server is '${String(server)}'; its scheme must be ws or wss`, {
      url: url.href,
      hint: 'use ws://host:port or wss://host',
    });
  }
  if (url.pathname === '/') url.pathname = streamPath;
  return url.href;
}

export async function placeOf(given: string | URL | BundleSource, signal: AbortSignal | undefined, target: Target): Promise<BundlePlace> {
  const bundle = bundleGiven(given);
  if (typeof bundle === 'string' || bundle instanceof URL) return { type: 'url', manifest: manifestUrl(bundle, target) };
  const parts: Record<string, Source> = {};
  for (const [name, source] of Object.entries(bundle.parts)) parts[name] = await portable(source, `part '${name}'`, signal, target);
  return { type: 'parts', manifest: await portable(bundle.manifest, 'manifest', signal, target), parts };
}

function manifestUrl(bundle: string | URL, target: Target): string {
  const url = target.resolve(bundle);
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
  const base = target.resolve(assets.base);
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  return { base: base.href, files };
}

/** What can cross to a worker: an absolute address or bytes. */
async function portable(source: Source, what: string, signal: AbortSignal | undefined, target: Target): Promise<string | Uint8Array> {
  if (typeof source === 'string' || source instanceof URL) return target.resolve(source).href;
  return download(source, { what, maxBytes: maxGivenBytes, hint: `check what was given for the ${what}` }, { target, signal });
}
