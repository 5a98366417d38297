// Makes an instance of one of the wasm modules: compiles it (streaming where it can), gives it a memory with an upper bound
// and the few functions that it imports, and checks the ABI version before anything else is called.
import { abi, type ClientExports, type FullExports, type GateExports } from './abi.js';
import { Heap } from './heap.js';
import { startThreads, type ThreadHost, type ThreadPool } from './threads.js';
import type { VariantChoice } from './variant.js';
import { describe, SluiceError } from '../errors.js';

/** Pages (64 KiB) that every module declares at least and at most; see wasm/CMakeLists.txt. */
export const initialPages = 64;
export const maximumPages = 65_536;
const pageBytes = 65_536;

export interface ModuleOptions {
  readonly maxMemoryBytes: number;
  /** Needed for the variant with threads only. */
  readonly threadHost?: ThreadHost | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SluiceModule {
  readonly choice: VariantChoice;
  readonly heap: Heap;
  readonly gate: GateExports;
  /** undefined in the gate-only module. */
  readonly client: ClientExports | undefined;
  /** undefined in the modules without full models. */
  readonly full: FullExports | undefined;
  readonly abiVersion: number;
  readonly maxMemoryBytes: number;
  /** Ends the threads; the memory goes with the last reference to this object. */
  dispose(): void;
}

export async function compile(source: Response | BufferSource | WebAssembly.Module, url: string | undefined): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return source;
  try {
    if (!(source instanceof Response)) return await WebAssembly.compile(source);
    return await WebAssembly.compile(await source.arrayBuffer());
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'AbortError') throw cause;
    throw notCompiled(cause, url);
  }
}

function notCompiled(cause: unknown, url: string | undefined): SluiceError {
  const text = describe(cause);
  const blocked = /unsafe-eval|Content Security Policy/i.test(text);
  return new SluiceError('unsupported_environment', `the module ${url ?? 'that was given'} cannot be compiled: ${text}`, {
    url,
    cause,
    ...(blocked ? { hint: "allow 'wasm-unsafe-eval' in script-src (not 'unsafe-eval')" } : {}),
  });
}

export async function instantiate(compiled: WebAssembly.Module, choice: VariantChoice, options: ModuleOptions): Promise<SluiceModule> {
  const shared = choice.variant === 'threads';
  const memory = makeMemory(options.maxMemoryBytes, shared);
  const pool = shared ? await startThreads(requireHost(options.threadHost), compiled, memory, choice.threads - 1, options.signal) : undefined;
  try {
    const instance = await WebAssembly.instantiate(compiled, makeImports(memory, pool));
    pool?.attach(instance);
    (instance.exports['_initialize'] as () => void)();
    return wrap(instance, memory, choice, options.maxMemoryBytes, pool);
  } catch (thrown) {
    pool?.terminate();
    if (thrown instanceof WebAssembly.LinkError || thrown instanceof WebAssembly.RuntimeError) {
      throw new SluiceError('abi_version_mismatch', `the module does not fit this package: ${thrown.message}`, { cause: thrown });
    }
    throw thrown;
  }
}

function wrap(
  instance: WebAssembly.Instance,
  memory: WebAssembly.Memory,
  choice: VariantChoice,
  maxMemoryBytes: number,
  pool: ThreadPool | undefined,
): SluiceModule {
  const gate = instance.exports as unknown as GateExports;
  const abiVersion = checkAbi(gate);
  return {
    choice,
    heap: new Heap(memory, gate),
    gate,
    client: 'sluice_client_create' in gate ? (gate as ClientExports) : undefined,
    full: 'sluice_model_load' in gate ? (gate as FullExports) : undefined,
    abiVersion,
    maxMemoryBytes,
    dispose: () => pool?.terminate(),
  };
}

/** The version of the module; `abi_version_mismatch` naming both when this package cannot work with it. */
export function checkAbi(exports: Partial<GateExports>): number {
  const wanted = `${abi.ABI_MAJOR}.${abi.ABI_MINOR}`;
  if (typeof exports.sluice_abi_version !== 'function') {
    throw new SluiceError('abi_version_mismatch', `the module is not one of Sluice's; this package needs one with ABI version ${wanted}`);
  }
  const version = exports.sluice_abi_version() >>> 0;
  const major = version >>> 16;
  const minor = version & 0xffff;
  if (major !== abi.ABI_MAJOR || minor < abi.ABI_MINOR) {
    throw new SluiceError('abi_version_mismatch', `the module has ABI version ${major}.${minor}, this package needs ${wanted}`, {
      hint: 'serve the .wasm files of the same release as the JavaScript; a cache may hold old ones',
    });
  }
  return version;
}

function requireHost(host: ThreadHost | undefined): ThreadHost {
  if (host === undefined) throw new SluiceError('unsupported_environment', 'threads cannot be started here');
  return host;
}

function makeMemory(maxMemoryBytes: number, shared: boolean): WebAssembly.Memory {
  const pages = Math.floor(maxMemoryBytes / pageBytes);
  if (!(pages >= initialPages && pages <= maximumPages)) {
    throw new SluiceError('invalid_argument', `maxMemoryBytes is ${maxMemoryBytes}; use ${initialPages * pageBytes} to ${maximumPages * pageBytes}`);
  }
  try {
    return new WebAssembly.Memory({ initial: initialPages, maximum: pages, shared });
  } catch (cause) {
    throw new SluiceError('out_of_memory', `a memory of up to ${maxMemoryBytes} bytes cannot be reserved`, {
      cause,
      hint: 'lower maxMemoryBytes',
    });
  }
}

/** What the modules import, beside the memory. golden lists of them: wasm/imports*.txt */
export function makeImports(memory: WebAssembly.Memory, pool: Pick<ThreadPool, 'imports'> | undefined): WebAssembly.Imports {
  return {
    env: {
      memory,
      emscripten_notify_memory_growth: () => undefined, // views are never kept, see heap.ts
      ...pool?.imports,
    },
    wasi_snapshot_preview1: {
      clock_time_get: (_clock: number, _precision: bigint, out: number): number => {
        const nanoseconds = BigInt(Math.round(performance.now() * 1e6));
        new DataView(memory.buffer).setBigUint64(out >>> 0, nanoseconds, true);
        return 0;
      },
      proc_exit: (status: number): never => {
        throw new SluiceError('internal', `the module ended itself with status ${status}`);
      },
      // The core prints nothing; the C library's own last words go nowhere.
      fd_write: (_fd: number, vectors: number, count: number, written: number): number => {
        const view = new DataView(memory.buffer);
        let total = 0;
        for (let i = 0; i < count; ++i) total += view.getUint32((vectors >>> 0) + 8 * i + 4, true);
        view.setUint32(written >>> 0, total, true);
        return 0;
      },
      fd_close: (): number => 0,
      fd_seek: (): number => 0,
    },
  };
}
