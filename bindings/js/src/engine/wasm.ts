// From "this variant is wanted" to a running module: finds the file, loads it, and falls back to one thread when threads do
// not start.
import { download, type DownloadContext } from './download.js';
import { compile, instantiate, type SluiceModule } from '../bindings/module.js';
import { singleThread, type VariantChoice } from '../bindings/variant.js';
import type { Features } from '../bindings/probes.js';
import { describe, SluiceError } from '../errors.js';
import type { Source, WasmFile } from '../types.js';

const maxWasmBytes = 64 << 20;
const threadStartTimeoutMs = 5000;

/** Where the .wasm files are, in a form that crosses to a worker. */
export interface WasmAssets {
  readonly base: string | undefined;
  readonly files: Partial<Readonly<Record<WasmFile, string | Uint8Array | WebAssembly.Module>>>;
}

/** What was compiled before, so that a module is made anew without a download: its server may be gone by then. */
export type CompiledFiles = Map<WasmFile, WebAssembly.Module>;

export async function loadModule(
  choice: VariantChoice,
  features: Features,
  assets: WasmAssets,
  maxMemoryBytes: number,
  context: DownloadContext,
  compiledFiles: CompiledFiles,
): Promise<SluiceModule> {
  try {
    const compiled = await compileFile(choice.file, assets, context, compiledFiles);
    const threadHost = { createThread: () => context.target.createThread(), startTimeoutMs: threadStartTimeoutMs };
    return await instantiate(compiled, choice, { maxMemoryBytes, threadHost, signal: context.signal });
  } catch (thrown) {
    if (choice.variant !== 'threads' || context.signal?.aborted) throw thrown;
    const fallback = singleThread(features, `one thread: threads did not start (${describe(thrown)})`);
    return loadModule(fallback, features, assets, maxMemoryBytes, context, compiledFiles);
  }
}

export async function compileFile(file: WasmFile, assets: WasmAssets, context: DownloadContext, compiledFiles: CompiledFiles): Promise<WebAssembly.Module> {
  const given = compiledFiles.get(file) ?? assets.files[file];
  if (given instanceof WebAssembly.Module) return given;
  const source: Source = given ?? (assets.base === undefined ? context.target.wasmUrl(file) : new URL(file, assets.base));
  const url = typeof source === 'string' ? source : source instanceof URL ? source.href : undefined;
  const hint = `serve ${file} from the package's dist/wasm there, or set assets.base or assets.files['${file}']`;
  const bytes = await download(source, { what: file, maxBytes: maxWasmBytes, hint }, context);
  const magic = [0, 0x61, 0x73, 0x6d];
  if (!magic.every((byte, i) => bytes[i] === byte)) {
    throw new SluiceError('fetch_failed', `what came for ${file} from ${url ?? 'the bytes given'} is not a WebAssembly module`, { url, hint });
  }
  const compiled = await compile(bytes, url);
  compiledFiles.set(file, compiled);
  return compiled;
}
