// The caller's end: an engine in a worker, or on this thread, behind one interface.
import { callOf } from './protocol.js';
import type { CallArgument, EngineCalls, EngineInfo, EngineSettings, FromEngine, ToEngine, Wishes } from './protocol.js';
import type { Port } from '../bindings/threads.js';
import { Engine } from '../engine/engine.js';
import type { Input } from '../engine/input.js';
import { SluiceError, toSluiceError } from '../errors.js';
import type { Target } from '../targets/target.js';
import type { TokenSource } from '../token.js';
import type { SimulatedLink } from '../types.js';

/** What arrives without having been asked for by a call. */
export type EngineReport = Extract<
  FromEngine,
  { type: 'judged' | 'answered' | 'failed' | 'connection' | 'environment' | 'promise' | 'bundle' | 'progress' | 'log' | 'recorded' | 'ended' }
>;

export interface EngineHost {
  readonly info: EngineInfo;
  offer(ticket: number, input: Input, wishes: Wishes, transfer: readonly Transferable[]): void;
  cancel(ticket: number): void;
  simulateLink(link: SimulatedLink | undefined): void;
  call<Method extends keyof EngineCalls>(method: Method, argument: CallArgument): ReturnType<EngineCalls[Method]>;
  dispose(): Promise<void>;
}

export interface HostEvents {
  report(message: EngineReport): void;
  /** The worker is gone; nothing is answered any more. */
  crashed(error: SluiceError): void;
}

const disposeTimeoutMs = 2000;

/** On the calling thread. Reports come in a later task than the call that caused them, as from a worker. */
export async function openHere(
  settings: EngineSettings,
  target: Target,
  events: HostEvents,
  signal: AbortSignal | undefined,
  token: TokenSource,
): Promise<EngineHost> {
  const emit = (message: FromEngine): void => queueMicrotask(() => events.report(message as EngineReport));
  const engine = await Engine.open(settings, target, emit, signal, token);
  engine.start();
  return {
    info: engine.info,
    offer: (ticket, input, wishes) => engine.offer(ticket, input, wishes),
    cancel: (ticket) => engine.cancel(ticket),
    simulateLink: (link) => engine.simulateLink(link),
    call: (method, argument) => callOf(engine, method, argument) as ReturnType<EngineCalls[typeof method]>,
    dispose: () => engine.dispose(),
  };
}

export function openInWorker(
  port: Port,
  settings: EngineSettings,
  events: HostEvents,
  signal: AbortSignal | undefined,
  token: TokenSource,
): Promise<EngineHost> {
  return new Promise((resolve, reject) => {
    const calls = new Map<number, { resolve: (value: unknown) => void; reject: (error: SluiceError) => void }>();
    let nextCall = 0;
    let opened = false;
    let onDisposed: () => void = () => undefined;
    const post = (message: ToEngine, transfer: readonly Transferable[] = []): void => port.post(message, transfer);

    const endCalls = (error: SluiceError): void => {
      for (const call of calls.values()) call.reject(error);
      calls.clear();
    };

    // A file that is none of ours loads without an error, and is silent.
    const silent = setTimeout(() => {
      const text = `the worker did not answer within ${settings.engineTimeoutMs} ms`;
      refuse(
        new SluiceError('unsupported_environment', text, {
          hint: 'check that createWorker, where it is given, returns a worker that runs sluice/worker; a slow one needs a longer engineTimeoutMs',
        }),
      );
    }, settings.engineTimeoutMs);

    const refuse = (error: SluiceError): void => {
      clearTimeout(silent);
      reject(error);
      signal?.removeEventListener('abort', onAbort);
      port.terminate();
    };
    const onAbort = (): void => refuse(new SluiceError('cancelled', 'open() was aborted', { cause: signal?.reason }));

    const crash = (why: unknown): void => {
      const error = toSluiceError(why, 'internal');
      if (!opened) return refuse(error);
      endCalls(error);
      onDisposed();
      events.crashed(error);
      port.terminate();
    };

    const host = (info: EngineInfo): EngineHost => ({
      info,
      offer: (ticket, input, wishes, transfer) => post({ type: 'offer', ticket, input, wishes }, transfer),
      cancel: (ticket) => post({ type: 'cancel', ticket }),
      simulateLink: (link) => post({ type: 'simulate-link', link }),
      call: (method, argument) =>
        new Promise((done, failed) => {
          const id = ++nextCall;
          calls.set(id, { resolve: done as (value: unknown) => void, reject: failed });
          post({ type: 'call', id, method, argument });
        }) as ReturnType<EngineCalls[typeof method]>,
      dispose: async () => {
        // Politely first, so that the server sees the connection close; the worker's end frees everything in any case.
        let timer: ReturnType<typeof setTimeout> | undefined;
        const done = new Promise<void>((ended) => {
          onDisposed = ended;
          timer = setTimeout(ended, disposeTimeoutMs);
        });
        try {
          post({ type: 'dispose' });
          await done;
        } finally {
          clearTimeout(timer); // it would keep Node running
          endCalls(new SluiceError('disposed', 'the gate was disposed'));
          port.terminate();
        }
      },
    });

    const settle = (id: number, settleOne: (call: { resolve: (value: unknown) => void; reject: (error: SluiceError) => void }) => void): void => {
      const call = calls.get(id);
      calls.delete(id);
      if (call !== undefined) settleOne(call);
    };

    port.listen((received) => {
      clearTimeout(silent);
      const message = received as FromEngine;
      switch (message.type) {
        case 'listening':
          return undefined;
        case 'token-wanted':
          return void token().then(
            (given) => post({ type: 'token', id: message.id, token: given, error: undefined }),
            (thrown: unknown) => post({ type: 'token', id: message.id, token: undefined, error: toSluiceError(thrown).serialize() }),
          );
        case 'opened':
          opened = true;
          signal?.removeEventListener('abort', onAbort);
          return resolve(host(message.info));
        case 'open-failed':
          return refuse(SluiceError.deserialize(message.error));
        case 'returned':
          return settle(message.id, (call) => call.resolve(message.value));
        case 'threw':
          return settle(message.id, (call) => call.reject(SluiceError.deserialize(message.error)));
        case 'disposed':
          return onDisposed();
        default:
          return events.report(message);
      }
    }, crash);
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      post({ type: 'open', settings });
    } catch (thrown) {
      refuse(toSluiceError(thrown, 'unsupported_environment'));
    }
  });
}
