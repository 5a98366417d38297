// The engine: drives the module's client pipeline. It owns the module, the socket, the timer, and the inputs that are
// under way; the caller's side talks to it in the messages of worker/protocol.ts. Every ticket ends in one message.
import { Attempts } from './attempts.js';
import type { Bundle } from './bundle.js';
import { nowUs } from './clock.js';
import { readDetections } from './detections.js';
import type { DownloadContext } from './download.js';
import { describeEnvironment } from './environment.js';
import { exitTaken } from './exit-taken.js';
import { Instances, setAccuracyTarget, type Instance } from './instances.js';
import { Link } from './link.js';
import type { LocalRunner } from './local-runner.js';
import { fileOf, InputReader, release, type Input } from './input.js';
import { memoryUse } from './memory-use.js';
import { Recovery } from './recovery.js';
import { Renewal } from './renewal.js';
import { Tally } from './tally.js';
import { Turns } from './turns.js';
import type { Client, ClientEvent } from '../bindings/client.js';
import { authorizationFor, type TokenSource } from '../token.js';
import { logCutOff, recordedRun } from '../bindings/client-settings.js';
import type { CoreInput } from '../bindings/input-stage.js';
import type { SluiceModule } from '../bindings/module.js';
import { noCost } from '../cost.js';
import { errorTable } from '../error-table.js';
import { SluiceError, toSluiceError, type SerializedError } from '../errors.js';
import type { Halves } from '../split/halves.js';
import type { Target } from '../targets/target.js';
import type { ConnectionState, Cost, Environment, MemoryUse, Placement, PromiseStanding, SimulatedLink, Stats } from '../types.js';
import type { ConnectionReport, EngineCalls, EngineInfo, EngineSettings, Feedback, FromEngine, Wishes } from '../worker/protocol.js';

interface Held {
  readonly ticket: number;
  readonly input: Input;
  readonly offeredUs: bigint;
}

/** By how much a timer may be late: what fills in when an input's time is up is told then. */
const timerSlackMs = 20;

export class Engine implements EngineCalls {
  readonly info: EngineInfo;
  readonly #emit: (message: FromEngine, transfer?: Transferable[]) => void;
  readonly #reader: InputReader;
  readonly #settings: EngineSettings;
  readonly #link: Link | undefined;
  readonly #tally = new Tally();
  readonly #held = new Map<number, Held>(); // by number
  readonly #audited = new Map<number, Held>(); // that have their answer, and are needed until their audit has ended
  readonly #wishes = new Map<number, Wishes>(); // by ticket
  readonly #numbers = new Map<number, number>(); // ticket to number
  readonly #reading = new Turns();
  readonly #arriving = new Map<number, Input>(); // by ticket, until they are read
  readonly #cancelled = new Set<number>(); // tickets among these, or of inputs that arrive again
  readonly #recovery: Recovery;
  readonly #renewal: Renewal;
  readonly #attempts: Attempts;
  readonly #instances: Instances;
  readonly #describe: () => Environment;
  #runner: LocalRunner;
  #standIn: LocalRunner | undefined;
  #module: SluiceModule;
  #client: Client;
  #halves: Halves | undefined;
  #accuracyTarget: number | undefined;
  #lastInput = 0; // of this instance, which numbers from 1
  #inputsBefore = 0; // of the instances before it
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pumping = false;
  #disposed = false;

  private constructor(
    settings: EngineSettings,
    target: Target,
    instances: Instances,
    { module, client, halves }: Instance,
    runner: LocalRunner,
    emit: (message: FromEngine, transfer?: Transferable[]) => void,
    token: TokenSource,
  ) {
    this.#settings = settings;
    this.#emit = emit;
    this.#instances = instances;
    this.#module = module;
    this.#client = client;
    this.#halves = halves;
    this.#accuracyTarget = settings.accuracyTarget;
    this.#recovery = new Recovery({
      drop: (why) => this.#drop(why),
      remake: async () => this.#install(await instances.again()),
      start: () => this.#then(() => this.#client.start(nowUs())),
      giveUp: (why) => emit({ type: 'ended', error: why.serialize() }),
    });
    this.#renewal = new Renewal(instances, {
      goOnWith: (instance) => !this.#disposed && this.#recovery.exchange(() => this.#goOnWith(instance)),
      failed: (report) => {
        if (!this.#disposed) emit({ type: 'connection', report });
      },
    });
    this.#runner = runner;
    this.#standIn = instances.standIn();
    this.#reader = new InputReader(settings.maxJpegQuality);
    this.#attempts = new Attempts(this.#reader, {
      now: () => ({ client: this.#client, halves: this.#halves, runner: this.#runner, standIn: this.#standIn }),
      held: (input) => {
        const held = this.#disposed ? undefined : (this.#held.get(input) ?? this.#audited.get(input));
        return held && { input: held.input, wishes: this.#wishes.get(held.ticket) };
      },
      reply: (call) => this.#then(call),
      failed: (message) => emit({ type: 'log', level: 'error', message }),
    });
    this.#describe = () => describeEnvironment(settings, target, instances.bundle, this.#module, { model: this.#runner, standIn: this.#standIn });
    this.info = { bundle: instances.bundle.info, environment: this.#describe() };
    this.#watch();
    if (settings.server !== undefined && settings.place !== 'local') {
      this.#link = new Link(target, settings.server, token, {
        connected: () => this.#then(() => this.#client.connected(nowUs())),
        received: (message) => {
          this.#tally.received(message.length);
          this.#then(() => this.#client.receive(message, nowUs()));
        },
        sent: (bytes) => this.#then(() => this.#client.sent(bytes, nowUs())),
        disconnected: (code, why) => this.#then(() => this.#client.disconnected(errorTable[code].status, why, nowUs())),
      });
    }
  }

  /** Loads module and bundle; an aborted signal ends it at each step. */
  static async open(
    settings: EngineSettings,
    target: Target,
    emit: (message: FromEngine, transfer?: Transferable[]) => void,
    signal: AbortSignal | undefined,
    token: TokenSource,
  ): Promise<Engine> {
    const context: DownloadContext = {
      target,
      signal,
      onProgress: (progress) => emit({ type: 'progress', progress }),
      authorization: (url) => authorizationFor(url, settings.server, token),
    };
    const instances = new Instances(settings, target, context);
    const instance = await instances.first(context);
    const runner = instances.runner();
    try {
      if (runner.neededFirst) await runner.load(signal);
      const { client } = instance;
      if (settings.record) client.record(true);
      setAccuracyTarget(client, settings.accuracyTarget, instances.bundle.info);
      if (settings.savedState !== undefined) client.restorePromise(settings.savedState);
      if (signal?.aborted) throw new SluiceError('cancelled', 'open() was aborted', { cause: signal.reason });
      return new Engine(settings, target, instances, instance, runner, emit, token);
    } catch (thrown) {
      instance.client.dispose();
      await runner.dispose();
      instance.module.dispose();
      throw thrown;
    }
  }

  start(): void {
    const { variant, reason, integrity } = this.info.environment;
    this.#emit({ type: 'log', level: 'info', message: `module '${variant}': ${reason}; parts checked by ${integrity}` });
    if (this.#wholeOnly) this.#emit({ type: 'log', level: 'info', message: "the model's early exits are not used: ONNX Runtime Web runs it whole" });
    if (this.#settings.record) this.#headRecord();
    this.#then(() => this.#client.start(nowUs()));
    // The model is often served by the very host whose loss makes it necessary, so it is fetched while there is one. A
    // failure costs nothing now: the first input that needs the model tries again, and reports it.
    if (this.#settings.place === 'remote-else-local') void this.#runner.load().catch(() => undefined);
    void this.#standIn?.load().catch(() => undefined);
  }

  /** Whether exits were wanted that this engine cannot run. */
  get #wholeOnly(): boolean {
    return this.#settings.exits && this.#instances.bundle.hasExits && this.info.environment.engine === 'onnxruntime-web';
  }

  /** Each instance of the module decides by itself, so each begins a log of its own. */
  #headRecord(): void {
    this.#emit({
      type: 'recorded',
      line: recordedRun(this.#instances.bundle.info, this.#settings.gate, this.#halves?.codedChannels ?? 0, this.#client.settings),
    });
  }

  /** Takes the input over. Reports 'judged', and sooner or later 'answered' or 'failed'. */
  offer(ticket: number, input: Input, wishes: Wishes): void {
    this.#tally.offered();
    this.#wishes.set(ticket, wishes);
    this.#arrive(ticket, input);
  }

  /** Inputs are read one after the other, into the same memory. */
  #arrive(ticket: number, input: Input): void {
    this.#arriving.set(ticket, input);
    void this.#reading.take(() => this.#read(ticket, input));
  }

  #read(ticket: number, input: Input): void | Promise<void> {
    if (this.#disposed) return this.#forget(ticket, input);
    if (this.#recovery.underWay) return this.#recovery.defer(() => this.#arrive(ticket, input));
    const client = this.#client;
    try {
      const read = this.#reader.read(input, (bytes) => client.room(bytes));
      if (!(read instanceof Promise)) return this.#take(ticket, input, client, read);
      return read.then(
        (done) => this.#take(ticket, input, client, done),
        (thrown: unknown) => this.#refuse(ticket, input, thrown),
      );
    } catch (thrown) {
      return this.#refuse(ticket, input, thrown);
    }
  }

  #take(ticket: number, input: Input, client: Client, read: CoreInput): void | Promise<void> {
    // The instance went while the input was read into its memory.
    if (this.#disposed || this.#recovery.underWay || client !== this.#client) return this.#read(ticket, input);
    const offeredUs = nowUs();
    let number: number;
    try {
      number = client.offer(read, offeredUs, this.#settings.placeForms ? fileOf(input) : undefined);
    } catch (thrown) {
      return this.#refuse(ticket, input, thrown);
    }
    this.#arriving.delete(ticket);
    this.#lastInput = number;
    this.#held.set(number, { ticket, input, offeredUs });
    this.#numbers.set(ticket, number);
    this.#recovery.guard(() => this.#pump());
    this.#emit({ type: 'judged', ticket });
    if (this.#cancelled.delete(ticket)) this.cancel(ticket);
  }

  #refuse(ticket: number, input: Input, thrown: unknown): void {
    this.#forget(ticket, input);
    this.#recovery.note(thrown);
    this.#tally.failed(false);
    this.#emit({ type: 'failed', ticket, input: 0, error: toSluiceError(thrown, 'invalid_input').serialize(), cost: noCost });
    this.#emit({ type: 'judged', ticket });
  }

  #forget(ticket: number, input: Input): void {
    release(input);
    this.#arriving.delete(ticket);
    this.#cancelled.delete(ticket);
    this.#wishes.delete(ticket);
  }

  cancel(ticket: number): void {
    const number = this.#numbers.get(ticket);
    // One that arrives, or will arrive once more, is cancelled then.
    if (this.#arriving.has(ticket) || (number !== undefined && this.#recovery.underWay)) this.#cancelled.add(ticket);
    if (number !== undefined) this.#then(() => this.#client.cancel(number, nowUs()));
  }

  setAccuracyTarget(target: number): Promise<number> {
    return this.#recovery.ask(() => {
      const kept = setAccuracyTarget(this.#client, target, this.#instances.bundle.info);
      this.#accuracyTarget = target;
      return kept;
    });
  }

  promise(): Promise<PromiseStanding | undefined> {
    return this.#recovery.ask(() => this.#client.promise());
  }

  saveState(): Promise<Uint8Array> {
    return this.#recovery.ask(() => this.#client.savePromise());
  }

  feedback({ input, wrong }: Feedback): Promise<void> {
    return this.#recovery.ask(() => this.#client.feedback(Math.max(0, input - this.#inputsBefore), wrong, nowUs()));
  }

  simulateLink(link: SimulatedLink | undefined): void {
    this.#link?.simulate(link);
  }

  stats(): Promise<Stats> {
    return this.#recovery.ask(() => this.#tally.read(this.#client.load(), this.#recovery.restarts));
  }

  memory(): Promise<MemoryUse> {
    const held = (): Held[] => [...this.#held.values(), ...this.#audited.values()];
    const inputs = (): Input[] => [...this.#arriving.values(), ...held().map(({ input }) => input)];
    return this.#recovery.ask(() => memoryUse(this.#module, [this.#runner.module, this.#standIn?.module], inputs()));
  }

  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#then(() => this.#client.stop(nowUs()));
    this.#disposed = true;
    this.#recovery.end();
    clearTimeout(this.#timer);
    this.#link?.abandon();
    for (const { input } of this.#held.values()) release(input);
    this.#held.clear();
    this.#releaseAudited();
    this.#recovery.guard(() => this.#client.dispose());
    await this.#runner.dispose();
    await this.#standIn?.dispose();
    this.#module.dispose();
  }

  /** The instance is broken: the inputs under way end, and what they were waiting for has nobody to report to. */
  #drop(why: SluiceError): void {
    clearTimeout(this.#timer);
    this.#link?.abandon();
    this.#module.dispose();
    this.#emit({ type: 'log', level: 'error', message: `${why.message}; ${this.#held.size} inputs under way failed, a new instance takes its place` });
    for (const [number, { ticket, input }] of this.#held) {
      release(input);
      this.#wishes.delete(ticket);
      this.#tally.failed(false);
      this.#emit({ type: 'failed', ticket, input: this.#inputsBefore + number, error: why.serialize(), cost: noCost });
    }
    if (this.#settings.record) this.#emit({ type: 'recorded', line: logCutOff });
    this.#held.clear();
    this.#releaseAudited();
    this.#numbers.clear();
    this.#inputsBefore += this.#lastInput;
    this.#lastInput = 0;
  }

  #goOnWith(instance: Instance): void {
    const waiting = [...this.#held.values()];
    const [module, client, runner, standIn] = [this.#module, this.#client, this.#runner, this.#standIn];
    clearTimeout(this.#timer);
    this.#link?.abandon();
    if (this.#settings.record) this.#emit({ type: 'recorded', line: logCutOff });
    this.#held.clear();
    this.#releaseAudited();
    this.#numbers.clear();
    this.#inputsBefore += this.#lastInput;
    this.#lastInput = 0;
    this.#install(instance);
    client.dispose();
    module.dispose();
    this.#runner = this.#instances.runner();
    this.#standIn = this.#instances.standIn();
    this.#watch();
    void runner.dispose();
    void standIn?.dispose();
    void this.#standIn?.load().catch(() => undefined);
    if (this.#runner.neededFirst) void this.#runner.load().catch(() => undefined); // the first input that needs it reports a failure
    const { info } = this.#instances.bundle;
    this.#emit({ type: 'bundle', bundle: info });
    this.#emit({ type: 'log', level: 'info', message: `the server has version ${info.version} of '${info.name}': fetched, and gone on with` });
    this.#recovery.deferFirst(() => {
      for (const { ticket, input } of waiting) this.#arrive(ticket, input);
    });
  }

  #watch(): void {
    for (const runner of [this.#runner, this.#standIn]) {
      if (runner === undefined) continue;
      runner.onChange = () => {
        if (runner === this.#runner || runner === this.#standIn) this.#emit({ type: 'environment', environment: this.#describe() });
      };
    }
  }

  #install({ module, client, halves }: Instance): void {
    if (this.#disposed) return module.dispose();
    this.#module = module;
    this.#client = client;
    this.#halves = halves;
    if (this.#settings.record) {
      this.#headRecord();
      client.record(true);
    }
    setAccuracyTarget(client, this.#accuracyTarget, this.#instances.bundle.info);
  }

  /** Runs a call of the pipeline and does what it asks for then. */
  #then(call: () => void): void {
    if (this.#disposed || this.#recovery.underWay) return;
    this.#recovery.guard(() => {
      call();
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#pumping) return; // an event's handler called in; the loop below goes on with what it caused
    this.#pumping = true;
    try {
      for (let more = true; more;) {
        more = false;
        for (let event = this.#client.nextEvent(); event !== undefined; event = this.#client.nextEvent()) {
          more = true;
          this.#handle(event);
        }
        for (let message = this.#client.nextMessage(); message !== undefined; message = this.#client.nextMessage()) {
          more = true;
          this.#tally.sent(message.length);
          this.#link?.send(message);
        }
      }
    } finally {
      this.#pumping = false;
    }
    if (this.#settings.record)
      for (let line = this.#client.nextLogLine(); line !== undefined; line = this.#client.nextLogLine()) this.#emit({ type: 'recorded', line });
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const deadline = this.#client.nextDeadline();
    if (deadline === undefined || this.#disposed) return;
    const waitMs = Math.max(0, Math.ceil(Number(deadline - nowUs()) / 1000));
    this.#timer = setTimeout(() => this.#then(() => this.#client.tick(nowUs())), Math.min(waitMs, 0x7fff_ffff));
  }

  #handle(event: ClientEvent): void {
    switch (event.type) {
      case 'answered':
        return this.#answered(event);
      case 'failed':
        return this.#fail(event.input, event.error.serialize(), event.cost);
      case 'run-wanted':
        return void this.#attempts.work(event.attempt, event.input, event.work);
      case 'audit-ended':
        return this.#auditEnded(event.input);
      case 'promise-changed': {
        const standing = this.#client.promise();
        if (standing !== undefined) this.#emit({ type: 'promise', standing });
        return undefined;
      }
      case 'connect-wanted':
        return this.#link?.open();
      case 'close-wanted':
        return this.#link?.close(event.code);
      case 'state':
        return this.#connectionChanged(event.state, { state: event.state, error: event.error?.serialize(), retryInMs: event.retryInMs });
    }
  }

  #connectionChanged(state: ConnectionState, report: ConnectionReport): void {
    if (state === 'ready') this.#tally.connected();
    // What there is to say is known when the bundle's address was asked.
    if (state === 'backing-off' && report.error?.code === 'bundle_version_mismatch' && this.#instances.renewable) return void this.#renewal.look(report);
    this.#emit({ type: 'connection', report });
  }

  #answered(event: ClientEvent & { type: 'answered' }): void {
    const { input, kind, reason, score, threshold, outputs, cost, stopgap, audited, variant, agreement } = event;
    const placement = this.#placementOf(event);
    if (cost.bytesDown > 0) this.#renewal.served(); // a guess comes without a server
    this.#tally.answered(kind, cost);
    if (placement !== undefined) this.#tally.placed(placement);
    this.#recovery.worked();
    this.#end(input, audited, (ticket) => {
      const exit = exitTaken(kind, outputs, this.#runner.stages);
      const found = { outputs, detections: readDetections(outputs), ...(exit === undefined ? {} : { exit }) };
      const answer = { input: this.#inputsBefore + input, kind, reason, score, threshold, cost, stopgap, audited, placement, variant, agreement, ...found };
      this.#emit(
        { type: 'answered', ticket, answer },
        outputs.map(({ data }) => data.buffer as ArrayBuffer),
      );
    });
  }

  /** With whether the answer came within the budget; a stopgap is told when that is over, and then only counts as late where that is late. */
  #placementOf({ input, placement, stopgap }: ClientEvent & { type: 'answered' }): Placement | undefined {
    const held = this.#held.get(input);
    if (placement === undefined || held === undefined) return undefined;
    const tookMs = Number(nowUs() - held.offeredUs) / 1000;
    return { ...placement, inTime: tookMs <= this.#settings.budgetMs + (stopgap ? timerSlackMs : 0) };
  }

  #fail(number: number, error: SerializedError, cost: Cost): void {
    this.#tally.failed(error.code === 'superseded');
    this.#end(number, false, (ticket) => this.#emit({ type: 'failed', ticket, input: this.#inputsBefore + number, error, cost }));
  }

  #auditEnded(number: number): void {
    const audited = this.#audited.get(number);
    if (audited !== undefined) release(audited.input);
    this.#audited.delete(number);
  }

  #releaseAudited(): void {
    for (const { input } of this.#audited.values()) release(input);
    this.#audited.clear();
  }

  #end(number: number, audited: boolean, report: (ticket: number) => void): void {
    const held = this.#held.get(number);
    if (held === undefined) return;
    this.#held.delete(number);
    this.#numbers.delete(held.ticket);
    this.#wishes.delete(held.ticket);
    if (audited) this.#audited.set(number, held);
    else release(held.input);
    report(held.ticket);
  }
}
