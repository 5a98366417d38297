// The Gate that open() returns: keeps track of tickets, turns messages of the engine into promises and streams.
import { abortable } from './abortable.js';
import { release } from './engine/input.js';
import { noCost } from './cost.js';
import { takeIn, type Intake } from './intake.js';
import { InputStream, type StreamSource } from './stream.js';
import { aborted, SluiceError } from './errors.js';
import { accuracyTargetGiven, callOptions, feedbackGiven, inferOptions, listenerGiven, simulatedLink, streamOptions } from './options.js';
import { guarded, guardedLogger, type Guarded, type GuardedLogger } from './user-calls.js';
import type { EngineHost, EngineReport, HostEvents } from './worker/host.js';
import type { EngineAnswer, Wishes } from './worker/protocol.js';
import type {
  BundleInfo,
  CallOptions,
  ConnectionEvent,
  Cost,
  Environment,
  FailedInput,
  InferOptions,
  Input,
  InputSource,
  Gate,
  Logger,
  MemoryUse,
  Progress,
  PromiseStanding,
  Result,
  SimulatedLink,
  Stats,
  StreamItem,
  StreamOptions,
} from './types.js';

/** One frame under way. */
interface Pending {
  readonly index: number;
  readonly timestamp: number | undefined;
  readonly width: number;
  readonly height: number;
  readonly judged: () => void;
  readonly done: (item: StreamItem) => void;
}

export interface GateCallbacks {
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly logger?: Logger | undefined;
  readonly record?: ((line: string) => void) | undefined;
}

const noWishes: Wishes = { traceparent: '', channels: undefined };

export class GateImpl implements Gate, StreamSource {
  readonly maxOutstanding: number;
  readonly #host: EngineHost;
  readonly #logger: GuardedLogger;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Set<Guarded<[event: ConnectionEvent]>>();
  readonly #promiseListeners = new Set<Guarded<[standing: PromiseStanding]>>();
  readonly #streams = new Set<InputStream>();
  #bundle: BundleInfo;
  #environment: Environment;
  #connection: ConnectionEvent = { state: 'idle', error: undefined, retryInMs: 0 };
  #nextTicket = 1;
  #ended: SluiceError | undefined; // why no call works any more
  #disposing: Promise<void> | undefined;

  private constructor(host: EngineHost, maxOutstanding: number, logger: GuardedLogger) {
    this.#host = host;
    this.#logger = logger;
    this.#bundle = host.info.bundle;
    this.maxOutstanding = maxOutstanding;
    this.#environment = host.info.environment;
  }

  /** `start` opens the engine with the events that it is given. */
  static async open(start: (events: HostEvents) => Promise<EngineHost>, maxOutstanding: number, callbacks: GateCallbacks): Promise<GateImpl> {
    const logger = guardedLogger(callbacks.logger);
    const onProgress = guarded('onProgress()', callbacks.onProgress, logger);
    const record = guarded('record()', callbacks.record, logger);
    let gate: GateImpl | undefined;
    let crash: SluiceError | undefined;
    const early: EngineReport[] = [];
    const host = await start({
      report: (message) => {
        if (message.type === 'progress') onProgress(message.progress);
        else if (message.type === 'recorded') record(message.line);
        else if (message.type === 'log') logger[message.level](message.message);
        else if (gate === undefined) early.push(message);
        else gate.#receive(message);
        if (message.type === 'connection') logConnection(message.report.state, message.report.error?.message, logger);
      },
      crashed: (error) => {
        crash = error;
        if (gate !== undefined) gate.#end(error);
        logger.error(error.message);
      },
    });
    gate = new GateImpl(host, maxOutstanding, logger);
    for (const message of early) gate.#receive(message);
    if (crash !== undefined) gate.#end(crash);
    return gate;
  }

  get bundle(): BundleInfo {
    return this.#bundle;
  }

  get takesFiles(): boolean {
    return ['auto', 'remote-auto', 'choice'].includes(this.#environment.place);
  }

  get environment(): Environment {
    return this.#environment;
  }

  get connection(): ConnectionEvent {
    return this.#connection;
  }

  async infer(given: Input, options: InferOptions = {}): Promise<Result> {
    const { signal, traceparent = '', channels } = inferOptions(options);
    this.#check();
    if (signal?.aborted) throw aborted(signal, 'infer()');
    const taken = takeIn(given, false, this.takesFiles);
    const intake = taken instanceof Promise ? await taken : taken;
    const late = this.#ended ?? (signal?.aborted ? aborted(signal, 'infer()') : undefined);
    if (late !== undefined) {
      release(intake.input);
      throw late;
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.cancel(ticket);
        reject(aborted(signal!, 'infer()'));
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      const ticket = this.offer(
        intake,
        0,
        () => undefined,
        (item) => {
          signal?.removeEventListener('abort', onAbort);
          if (item.kind === 'failed') reject(item.error);
          else resolve(item);
        },
        { traceparent, channels },
      );
    });
  }

  stream(frames: InputSource, options: StreamOptions = {}): AsyncIterableIterator<StreamItem> {
    this.#check();
    const stream = new InputStream(this, frames, streamOptions(options), () => this.#streams.delete(stream));
    this.#streams.add(stream);
    return stream;
  }

  /** For streams: `judged` when the gate has had its say, `done` with what came out. */
  offer(intake: Intake, index: number, judged: () => void, done: (item: StreamItem) => void, wishes: Wishes = noWishes): number {
    const ticket = this.#nextTicket++;
    const { timestamp, width, height, input, transfer } = intake;
    this.#pending.set(ticket, { index, timestamp, width, height, judged, done });
    this.#host.offer(ticket, input, wishes, transfer);
    return ticket;
  }

  cancel(ticket: number): void {
    if (this.#pending.has(ticket) && this.#ended === undefined) this.#host.cancel(ticket);
  }

  async setAccuracyTarget(target: number, options: CallOptions = {}): Promise<number> {
    const { signal } = callOptions(options, 'setAccuracyTarget()');
    this.#check();
    accuracyTargetGiven(target);
    return abortable(signal, 'setAccuracyTarget()', () => this.#host.call('setAccuracyTarget', target));
  }

  simulateLink(link?: SimulatedLink): void {
    const checked = link === undefined ? undefined : simulatedLink(link);
    this.#check();
    this.#host.simulateLink(checked);
  }

  async promise(options: CallOptions = {}): Promise<PromiseStanding | undefined> {
    const { signal } = callOptions(options, 'promise()');
    this.#check();
    return abortable(signal, 'promise()', () => this.#host.call('promise', 0));
  }

  async saveState(options: CallOptions = {}): Promise<Uint8Array> {
    const { signal } = callOptions(options, 'saveState()');
    this.#check();
    return abortable(signal, 'saveState()', () => this.#host.call('saveState', 0));
  }

  async feedback(input: number, wrong: boolean, options: CallOptions = {}): Promise<void> {
    const { signal } = callOptions(options, 'feedback()');
    this.#check();
    const given = feedbackGiven(input, wrong);
    return abortable(signal, 'feedback()', () => this.#host.call('feedback', given));
  }

  onPromise(listener: (standing: PromiseStanding) => void): () => void {
    this.#check();
    const call = guarded("onPromise()'s listener", listenerGiven(listener, 'onPromise()'), this.#logger);
    this.#promiseListeners.add(call);
    return () => this.#promiseListeners.delete(call);
  }

  async stats(options: CallOptions = {}): Promise<Stats> {
    const { signal } = callOptions(options, 'stats()');
    this.#check();
    return abortable(signal, 'stats()', () => this.#host.call('stats', 0));
  }

  async memory(options: CallOptions = {}): Promise<MemoryUse> {
    const { signal } = callOptions(options, 'memory()');
    this.#check();
    return abortable(signal, 'memory()', () => this.#host.call('memory', 0));
  }

  onConnection(listener: (event: ConnectionEvent) => void): () => void {
    this.#check();
    const call = guarded("onConnection()'s listener", listenerGiven(listener, 'onConnection()'), this.#logger);
    this.#listeners.add(call);
    call(this.#connection);
    return () => this.#listeners.delete(call);
  }

  dispose(): Promise<void> {
    this.#disposing ??= this.#dispose();
    return this.#disposing;
  }

  async #dispose(): Promise<void> {
    if (this.#ended !== undefined) return;
    try {
      this.#end(new SluiceError('disposed', 'the gate was disposed'));
    } finally {
      await this.#host.dispose(); // else the worker would stay, and Node with it
    }
  }

  #check(): void {
    if (this.#ended !== undefined) throw this.#ended;
  }

  #end(why: SluiceError): void {
    if (this.#ended !== undefined) return;
    this.#ended = why;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const one of pending) {
      one.judged();
      one.done(failedInput(one, 0, why, noCost));
    }
    for (const stream of [...this.#streams]) stream.fail(why);
    this.#setConnection({ state: 'stopped', error: why, retryInMs: 0 });
    this.#listeners.clear();
    this.#promiseListeners.clear();
  }

  #receive(message: EngineReport): void {
    if (this.#ended !== undefined) return;
    switch (message.type) {
      case 'judged':
        return this.#pending.get(message.ticket)?.judged();
      case 'answered':
        return this.#finish(message.ticket, (pending) => answeredInput(pending, message.answer));
      case 'failed':
        return this.#finish(message.ticket, (pending) => failedInput(pending, message.input, SluiceError.deserialize(message.error), message.cost));
      case 'ended': {
        this.#end(SluiceError.deserialize(message.error));
        this.#disposing = this.#host.dispose();
        return undefined;
      }
      case 'bundle':
        this.#bundle = message.bundle;
        return undefined;
      case 'environment':
        this.#environment = message.environment;
        return undefined;
      case 'promise':
        for (const listener of [...this.#promiseListeners]) listener(message.standing);
        return undefined;
      case 'connection': {
        const { state, error, retryInMs } = message.report;
        return this.#setConnection({ state, error: error === undefined ? undefined : SluiceError.deserialize(error), retryInMs });
      }
      default:
        return undefined;
    }
  }

  #finish(ticket: number, item: (pending: Pending) => StreamItem): void {
    const pending = this.#pending.get(ticket);
    if (pending === undefined) return;
    this.#pending.delete(ticket);
    pending.judged();
    pending.done(item(pending));
  }

  #setConnection(event: ConnectionEvent): void {
    this.#connection = event;
    for (const listener of [...this.#listeners]) listener(event);
  }
}

export interface GateImpl {
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;
}

// Not every platform has these symbols yet.
if (typeof Symbol.dispose === 'symbol') {
  Object.defineProperty(GateImpl.prototype, Symbol.dispose, {
    value(this: GateImpl) {
      void this.dispose();
    },
  });
}
if (typeof Symbol.asyncDispose === 'symbol') {
  Object.defineProperty(GateImpl.prototype, Symbol.asyncDispose, {
    value(this: GateImpl) {
      return this.dispose();
    },
  });
}

function logConnection(state: string, why: string | undefined, logger: GuardedLogger): void {
  if (why !== undefined) logger.warn(`${state}: ${why}`);
  else logger.debug(`connection: ${state}`);
}

function answeredInput({ index, timestamp, width, height }: Pending, answer: EngineAnswer): Result {
  return { ...answer, index, timestamp, width, height } as Result;
}

function failedInput({ index, timestamp, width, height }: Pending, input: number, error: SluiceError, cost: Cost): FailedInput {
  return { kind: 'failed', input, index, timestamp, width, height, error, cost };
}
