// Threads for the module without Emscripten's script. pthread_create in C arrives here as an import and wakes one of the
// workers that were started, and had loaded the module, before: a thread that first has to be loaded could not start while
// its creator waits for it. What must be done inside such a worker is enterThread(). Written against Emscripten 3.1.69.
import { SluiceError, toSluiceError } from '../errors.js';

/** A worker of either platform. */
export interface Port {
  post(message: unknown, transfer?: readonly Transferable[]): void;
  listen(onMessage: (message: unknown) => void, onFailure: (why: unknown) => void): void;
  terminate(): void;
}

export interface ThreadHost {
  /** Starts a worker that runs `thread.ts`. */
  createThread(): Port;
  readonly startTimeoutMs: number;
}

export interface ThreadPool {
  readonly imports: Readonly<Record<string, (...args: never[]) => unknown>>;
  /** The instance of the creating thread, once there is one. */
  attach(instance: WebAssembly.Instance): void;
  terminate(): void;
}

export type ToThread =
  | { readonly type: 'load'; readonly module: WebAssembly.Module; readonly memory: WebAssembly.Memory }
  | { readonly type: 'run'; readonly thread: number; readonly entry: number; readonly argument: number };
export type FromThread = { readonly type: 'loaded' };

interface RuntimeExports {
  readonly __indirect_function_table: WebAssembly.Table;
  _emscripten_thread_init(thread: number, isMain: number, isRuntime: number, canBlock: number, stackBytes: number, profile: number): void;
  _emscripten_tls_init(): number;
  _emscripten_thread_exit(result: number): void;
  _emscripten_thread_free_data(thread: number): void;
  _emscripten_stack_restore(stack: number): void;
  emscripten_stack_set_limits(base: number, end: number): void;
}

const stackBytes = 262_144;
// In Emscripten's struct pthread.
const stackField = 52;
const stackSizeField = 56;
const tryAgain = 6; // EAGAIN

/** Starts `count` workers and resolves when all have loaded the module; ends them all when one cannot. */
export async function startThreads(
  host: ThreadHost,
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  count: number,
  signal?: AbortSignal,
): Promise<ThreadPool> {
  const ports: Port[] = [];
  const terminate = (): void => {
    for (const port of ports.splice(0)) port.terminate();
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  let onAbort: (() => void) | undefined;
  try {
    const ended = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new SluiceError('unsupported_environment', `threads did not start within ${host.startTimeoutMs} ms`)),
        host.startTimeoutMs,
      );
      onAbort = () => reject(new SluiceError('cancelled', 'starting threads was aborted', { cause: signal?.reason }));
      signal?.addEventListener('abort', onAbort);
    });
    const loaded = Array.from({ length: count }, () => {
      const port = host.createThread();
      ports.push(port);
      return load(port, { type: 'load', module, memory });
    });
    await Promise.race([Promise.all(loaded), ended]);
    return makePool([...ports], terminate);
  } catch (thrown) {
    terminate();
    throw toSluiceError(thrown, 'unsupported_environment');
  } finally {
    clearTimeout(timer);
    if (onAbort) signal?.removeEventListener('abort', onAbort);
  }
}

function load(port: Port, message: ToThread): Promise<void> {
  return new Promise((resolve, reject) => {
    port.listen(
      () => resolve(),
      (why) => reject(toSluiceError(why, 'unsupported_environment')),
    );
    port.post(message);
  });
}

function makePool(idle: Port[], terminate: () => void): ThreadPool {
  const running = new Map<number, Port>();
  let runtime: RuntimeExports | undefined;
  return {
    terminate,
    attach: (instance) => {
      runtime = instance.exports as unknown as RuntimeExports;
    },
    imports: {
      ...passiveImports,
      _emscripten_init_main_thread_js: (thread: number): void => {
        runtime?._emscripten_thread_init(thread, 0, 1, 1, stackBytes, 0);
        runtime?._emscripten_tls_init();
      },
      __pthread_create_js: (thread: number, _attributes: number, entry: number, argument: number): number => {
        const port = idle.pop();
        if (port === undefined) return tryAgain;
        running.set(thread, port);
        port.post({ type: 'run', thread, entry, argument } satisfies ToThread);
        return 0;
      },
      _emscripten_thread_cleanup: (thread: number): void => {
        const port = running.get(thread);
        if (port === undefined) return;
        running.delete(thread);
        idle.push(port);
        runtime?._emscripten_thread_free_data(thread);
      },
    },
  };
}

// No work is ever passed between threads by Emscripten's mailboxes here, so that these have nothing to do.
const passiveImports = {
  _emscripten_thread_set_strongref: (): void => undefined,
  _emscripten_thread_mailbox_await: (): void => undefined,
  _emscripten_notify_mailbox_postmessage: (): void => undefined,
  _emscripten_receive_on_main_thread_js: (): number => 0,
  emscripten_check_blocking_allowed: (): void => undefined,
  emscripten_exit_with_live_runtime: (): never => {
    throw new SluiceError('internal', 'a thread left its stack');
  },
  emscripten_num_logical_cores: (): number => 1,
};

/** The imports of an instance inside a thread. */
export const threadImports: ThreadPool['imports'] = {
  ...passiveImports,
  _emscripten_init_main_thread_js: (): void => undefined,
  __pthread_create_js: (): number => tryAgain,
  _emscripten_thread_cleanup: (): void => undefined,
};

/** Gives the thread its stack and its thread-local data, and runs it to its end. */
export function enterThread(instance: WebAssembly.Instance, memory: WebAssembly.Memory, message: ToThread & { type: 'run' }): void {
  const runtime = instance.exports as unknown as RuntimeExports;
  const view = new DataView(memory.buffer);
  const stack = view.getUint32(message.thread + stackField, true);
  const stackEnd = stack - view.getUint32(message.thread + stackSizeField, true);
  runtime.emscripten_stack_set_limits(stack, stackEnd);
  runtime._emscripten_stack_restore(stack);
  runtime._emscripten_thread_init(message.thread, 0, 0, 1, 0, 0);
  runtime._emscripten_tls_init();
  const entry = runtime.__indirect_function_table.get(message.entry) as (argument: number) => number;
  runtime._emscripten_thread_exit(entry(message.argument));
}
