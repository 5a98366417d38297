// The client pipeline of the module as a class: inputs, messages and the time go in, events and messages come out.
// Owns its handle; dispose() ends it. Every call throws a SluiceError when it fails.
import { abi, records, type ClientExports } from './abi.js';
import { withBundle, withParts, type PartBytes } from './bundle.js';
import type { ClientSettings } from './client-settings.js';
import { decimal } from './decimal.js';
import { InputStage, type CoreInput } from './input-stage.js';
import type { SluiceModule } from './module.js';
import { readPlacement } from './placement.js';
import { readPromise } from './promise.js';
import { readTensor, withTensors } from './tensors.js';
import { errorCodeOf, SluiceError } from '../errors.js';
import type { ErrorCode } from '../error-table.js';
import type { ConnectionState, Cost, ModelPlace, OutputTensor, Placement, PromiseStanding, ResultKind } from '../types.js';

export type Encoding = 'tensor' | 'rgb' | 'jpeg' | 'png' | 'webp' | 'f32' | 's16' | 'utf8';

export interface EncodeWork {
  readonly type: 'encode';
  readonly encodings: readonly Encoding[]; // best first
  /** (0, 1] */
  readonly jpegQuality: number;
  /** Of both sides of a picture, (0, 1]. */
  readonly scale: number;
  /** The file that came with the input is sent as it is. */
  readonly own: boolean;
}
export interface RunStageWork {
  readonly type: 'run-stage';
  readonly part: string;
  /** Of a model that runs by stages. */
  readonly stage: number;
  readonly withExit: boolean;
  /** The stage has run, and what it left is to be coded. */
  readonly coded: boolean;
}
export type Work = EncodeWork | RunStageWork;

export type ClientEvent =
  | {
      readonly type: 'answered';
      readonly input: number;
      readonly kind: ResultKind;
      readonly reason: string;
      readonly score: number;
      readonly threshold: number;
      readonly outputs: readonly OutputTensor[];
      readonly cost: Cost;
      readonly stopgap: boolean;
      readonly audited: boolean;
      readonly placement: PlacementRecord | undefined;
      readonly variant: string | undefined;
      readonly agreement: number | undefined;
    }
  | { readonly type: 'failed'; readonly input: number; readonly error: SluiceError; readonly cost: Cost }
  | { readonly type: 'run-wanted'; readonly attempt: number; readonly input: number; readonly work: Work }
  | { readonly type: 'audit-ended'; readonly input: number }
  | { readonly type: 'promise-changed' }
  | { readonly type: 'connect-wanted' }
  | { readonly type: 'close-wanted'; readonly code: number }
  | { readonly type: 'state'; readonly state: ConnectionState; readonly error: SluiceError | undefined; readonly retryInMs: number };

/** A placement as the pipeline has it: whether the answer came within the budget is for whoever knows when the input was offered. */
export type PlacementRecord = Omit<Placement, 'inTime'>;

/** The core's largest number stands for no score: further than anything that is remembered. */
const noScore = Math.fround(3.4028234663852886e38);
const scoreOf = (score: number): number => (score === noScore ? Infinity : score);

const kinds: readonly ResultKind[] = ['skipped', 'reused', 'exited', 'split', 'remote', 'local'];
const states: readonly ConnectionState[] = ['idle', 'connecting', 'handshaking', 'ready', 'backing-off', 'stopped'];
const encodings: Readonly<Record<Encoding, number>> = {
  tensor: abi.ENCODING_TENSOR,
  rgb: abi.ENCODING_RGB8,
  jpeg: abi.ENCODING_JPEG,
  png: abi.ENCODING_PNG,
  webp: abi.ENCODING_WEBP,
  f32: abi.ENCODING_F32,
  s16: abi.ENCODING_S16,
  utf8: abi.ENCODING_UTF8,
};
const encodingNames = new Map(Object.entries(encodings).map(([name, number]) => [number, name as Encoding]));
const places: Readonly<Record<ModelPlace, number>> = {
  remote: abi.REMOTE,
  'remote-else-local': abi.REMOTE_ELSE_LOCAL,
  local: abi.LOCAL,
};

const numbers32 = ['maxInFlight', 'maxWaiting', 'budgetMs', 'handshakeTimeoutMs', 'pingIntervalMs', 'pongTimeoutMs', 'backoffFirstMs', 'backoffMaxMs'] as const;
const numbers64 = ['maxMessageBytes', 'maxUnsentBytes', 'jitterSeed', 'auditSeed'] as const;

function clientOf({ client }: SluiceModule): ClientExports {
  if (client === undefined) throw new SluiceError('internal', 'this module holds the gate only');
  return client;
}

export class Client {
  readonly settings: ClientSettings;
  readonly #module: SluiceModule;
  readonly #exports: ClientExports;
  readonly #stage: InputStage;
  readonly #event: number;
  readonly #tensor: number;
  readonly #slot: number; // eight bytes for a number that a call puts out
  #handle = 0;

  constructor(module: SluiceModule, manifest: string, parts: readonly PartBytes[], settings: ClientSettings) {
    const { heap } = module;
    this.settings = settings;
    this.#module = module;
    this.#exports = clientOf(module);
    this.#stage = new InputStage(heap);
    this.#event = heap.allocateRecord(records.event.size);
    this.#tensor = heap.allocate(records.tensor.size);
    this.#slot = heap.allocate(records.bytes.size);
    const options = heap.allocateRecord(records.clientOptions.size);
    try {
      heap.withText(settings.name, (name, nameLength) =>
        heap.withText(settings.standIn, (standIn, standInLength) => {
          this.#writeOptions(options, settings);
          heap.setBytes(options + records.clientOptions.clientName, name, nameLength);
          heap.setBytes(options + records.clientOptions.standIn, standIn, standInLength);
          withBundle(module, manifest, (bundle) =>
            withParts(heap, parts, (array, count) =>
              heap.call((error) => this.#exports.sluice_client_create(bundle, array, count, options, this.#slot, error)),
            ),
          );
        }),
      );
      this.#handle = heap.view.getUint32(this.#slot, true);
    } catch (thrown) {
      this.dispose();
      throw thrown;
    } finally {
      heap.free(options);
    }
  }

  start(nowUs: bigint): void {
    this.#call((client, error) => this.#exports.sluice_client_start(client, nowUs, error));
  }

  stop(nowUs: bigint): void {
    this.#call((client, error) => this.#exports.sluice_client_stop(client, nowUs, error));
  }

  /** Where the next input may be written, so that it need not be copied; see InputStage. */
  room(bytes: number): Uint8Array {
    return this.#stage.room(bytes);
  }

  /** `jpeg`: the file that a picture was read from, which may go as it is where inputs are placed. */
  offer(input: CoreInput, nowUs: bigint, jpeg?: Uint8Array): number {
    const record = this.#stage.write(input);
    const { heap, full } = this.#module;
    if (jpeg === undefined || full === undefined) this.#call((client, error) => this.#exports.sluice_client_offer(client, record, nowUs, this.#slot, error));
    else
      heap.withBytes(jpeg, (file, length) =>
        this.#call((client, error) => full.sluice_client_offer_jpeg(client, record, file, length, nowUs, this.#slot, error)),
      );
    return Number(heap.view.getBigUint64(this.#slot, true));
  }

  cancel(input: number, nowUs: bigint): void {
    this.#call((client, error) => this.#exports.sluice_client_cancel(client, BigInt(input), nowUs, error));
  }

  submitPayload(attempt: number, encoding: Encoding, payload: Uint8Array, traceparent: string, encodeUs: bigint, nowUs: bigint): void {
    const { heap } = this.#module;
    heap.withBytes(payload, (data, length) =>
      heap.withText(traceparent, (trace, traceLength) =>
        this.#call((client, error) =>
          this.#exports.sluice_client_submit_payload(client, BigInt(attempt), encodings[encoding], data, length, trace, traceLength, encodeUs, nowUs, error),
        ),
      ),
    );
  }

  submitOutputs(attempt: number, outputs: readonly OutputTensor[], traceparent: string, computeUs: bigint, nowUs: bigint): void {
    const { heap } = this.#module;
    withTensors(heap, outputs, (array, count) =>
      heap.withText(traceparent, (trace, traceLength) =>
        this.#call((client, error) =>
          this.#exports.sluice_client_submit_outputs(client, BigInt(attempt), array, count, trace, traceLength, computeUs, nowUs, error),
        ),
      ),
    );
  }

  /** What a stage gave; only in modules that run full models. */
  submitStage(attempt: number, outputs: readonly OutputTensor[], multiplyAdds: number, computeUs: bigint, nowUs: bigint): void {
    const { heap, full } = this.#module;
    if (full === undefined) throw new SluiceError('internal', 'this module has no stages');
    withTensors(heap, outputs, (array, count) =>
      this.#call((client, error) => full.sluice_client_submit_stage(client, BigInt(attempt), array, count, BigInt(multiplyAdds), computeUs, nowUs, error)),
    );
  }

  /** What was coded of a stage, for the server; only in modules that run full models. */
  submitCoded(attempt: number, coded: Uint8Array, traceparent: string, computeUs: bigint, nowUs: bigint): void {
    const { heap, full } = this.#module;
    if (full === undefined) throw new SluiceError('internal', 'this module has no stages');
    heap.withBytes(coded, (data, length) =>
      heap.withText(traceparent, (trace, traceLength) =>
        this.#call((client, error) => full.sluice_client_submit_coded(client, BigInt(attempt), data, length, trace, traceLength, computeUs, nowUs, error)),
      ),
    );
  }

  fail(attempt: number, why: SluiceError, status: number, nowUs: bigint): void {
    this.#module.heap.withText(why.message, (text, length) =>
      this.#call((client, error) => this.#exports.sluice_client_fail(client, BigInt(attempt), status, text, length, nowUs, error)),
    );
  }

  connected(nowUs: bigint): void {
    this.#call((client, error) => this.#exports.sluice_client_connected(client, nowUs, error));
  }

  receive(message: Uint8Array, nowUs: bigint): void {
    this.#module.heap.withBytes(message, (data, length) =>
      this.#call((client, error) => this.#exports.sluice_client_receive(client, data, length, nowUs, error)),
    );
  }

  disconnected(status: number, why: string, nowUs: bigint): void {
    this.#module.heap.withText(why, (text, length) =>
      this.#call((client, error) => this.#exports.sluice_client_disconnected(client, status, text, length, nowUs, error)),
    );
  }

  nextEvent(): ClientEvent | undefined {
    this.#call((client, error) => this.#exports.sluice_client_next_event(client, this.#event, error));
    return this.#readEvent();
  }

  /** A copy of the next message to send. */
  nextMessage(): Uint8Array | undefined {
    const { heap } = this.#module;
    this.#call((client, error) => this.#exports.sluice_client_next_message(client, this.#slot, error));
    if (heap.view.getUint32(this.#slot + records.bytes.data, true) === 0) return undefined;
    return heap.bytesAt(this.#slot);
  }

  /** That many bytes of messages have left for the network. */
  sent(bytes: number, nowUs: bigint): void {
    this.#call((client, error) => this.#exports.sluice_client_sent(client, BigInt(bytes), nowUs, error));
  }

  /** Records what the client is told from now on, or ends that. */
  record(on: boolean): void {
    this.#call((client, error) => this.#exports.sluice_client_record(client, on ? 1 : 0, error));
  }

  nextLogLine(): string | undefined {
    const { heap } = this.#module;
    this.#call((client, error) => this.#exports.sluice_client_next_log_line(client, this.#slot, error));
    if (heap.view.getUint32(this.#slot + records.bytes.data, true) === 0) return undefined;
    return heap.textAt(this.#slot);
  }

  /** In microseconds; undefined when nothing is due. */
  nextDeadline(): bigint | undefined {
    this.#call((client, error) => this.#exports.sluice_client_next_deadline(client, this.#slot, error));
    const deadline = this.#module.heap.view.getBigInt64(this.#slot, true);
    return deadline === 0x7fff_ffff_ffff_ffffn ? undefined : deadline;
  }

  tick(nowUs: bigint): void {
    this.#call((client, error) => this.#exports.sluice_client_tick(client, nowUs, error));
  }

  setAccuracyTarget(target: number): number {
    this.#call((client, error) => this.#exports.sluice_client_set_accuracy_target(client, target, this.#slot, error));
    return decimal(this.#module.heap.view.getFloat32(this.#slot, true));
  }

  /** How the live promise stands; undefined without one, or where the target is 1. */
  promise(): PromiseStanding | undefined {
    return readPromise(this.#module, this.#handle);
  }

  /** Empty without one. */
  savePromise(): Uint8Array {
    const { heap, full } = this.#module;
    if (full === undefined) return new Uint8Array(0);
    this.#call((client, error) => full.sluice_client_save_promise(client, this.#slot, error));
    return heap.bytesAt(this.#slot);
  }

  /** Before the first input, after the target was set. */
  restorePromise(state: Uint8Array): void {
    const { heap, full } = this.#module;
    if (full === undefined) throw new SluiceError('internal', 'this module keeps no live promise');
    heap.withBytes(state, (data, length) => this.#call((client, error) => full.sluice_client_restore_promise(client, data, length, error)));
  }

  feedback(input: number, wrong: boolean, nowUs: bigint): void {
    const { full } = this.#module;
    if (full === undefined) throw new SluiceError('invalid_argument', 'feedback is of a live promise', { hint: "open the gate with promise: 'live'" });
    this.#call((client, error) => full.sluice_client_feedback(client, BigInt(input), wrong ? 1 : 0, nowUs, error));
  }

  load(): { readonly inFlight: number; readonly waiting: number } {
    const { heap } = this.#module;
    const record = heap.allocateRecord(records.clientState.size);
    try {
      this.#call((client, error) => this.#exports.sluice_client_get_state(client, record, error));
      const { view } = heap;
      return {
        inFlight: view.getUint32(record + records.clientState.inFlight, true),
        waiting: view.getUint32(record + records.clientState.waiting, true),
      };
    } finally {
      heap.free(record);
    }
  }

  dispose(): void {
    const { heap } = this.#module;
    if (this.#handle !== 0) heap.destroy(() => this.#exports.sluice_client_destroy(this.#handle));
    this.#handle = 0;
    this.#stage.free();
    for (const address of [this.#event, this.#tensor, this.#slot]) heap.free(address);
  }

  #call(invoke: (client: number, error: number) => number): void {
    this.#module.heap.call((error) => invoke(this.#handle, error));
  }

  #writeOptions(record: number, settings: ClientSettings): void {
    const { view } = this.#module.heap;
    const fields = records.clientOptions;
    view.setUint32(record + fields.queue, settings.policy === 'keep-all' ? abi.KEEP_ALL : abi.NEWEST_WINS, true);
    view.setUint32(record + fields.place, places[settings.place], true);
    view.setUint32(record + fields.privateAnswers, settings.privateAnswers ? 1 : 0, true);
    view.setUint32(record + fields.staleAnswerMs, settings.staleAnswerMs, true);
    view.setFloat32(record + fields.exitsMeanCost, settings.exitsMeanCost, true);
    view.setUint32(record + fields.stages, settings.stages ? 1 : 0, true);
    view.setUint32(record + fields.cut, settings.cut ? 1 : 0, true);
    view.setFloat32(record + fields.leastAgreement, settings.leastAgreement, true);
    view.setUint32(record + fields.placeForms, settings.placeForms ? 1 : 0, true);
    view.setUint32(record + fields.duplicate, settings.duplicate ? 1 : 0, true);
    view.setUint32(record + fields.choose, settings.choose ? 1 : 0, true);
    if (settings.choose) {
      view.setFloat32(record + fields.keptInTime, settings.keptInTime, true);
      view.setFloat64(record + fields.weighDeviceMs, settings.costs.perDeviceMs, true);
      view.setFloat64(record + fields.weighKilobyte, settings.costs.perKilobyte, true);
      view.setFloat64(record + fields.weighServerMs, settings.costs.perServerMs, true);
    }
    view.setUint32(record + fields.livePromise, settings.livePromise ? 1 : 0, true);
    for (const field of numbers32) view.setUint32(record + fields[field], settings[field], true);
    for (const field of numbers64) view.setBigUint64(record + fields[field], BigInt(settings[field]), true);
  }

  #readEvent(): ClientEvent | undefined {
    const { heap } = this.#module;
    const { view } = heap;
    const fields = records.event;
    const u32 = (field: number): number => view.getUint32(this.#event + field, true);
    const input = Number(view.getBigUint64(this.#event + fields.input, true));
    switch (u32(fields.kind)) {
      case abi.ANSWERED:
        return {
          type: 'answered',
          input,
          kind: kinds[u32(fields.answerKind)] ?? 'remote',
          reason: heap.textAt(this.#event + fields.text),
          score: scoreOf(view.getFloat32(this.#event + fields.score, true)),
          threshold: view.getFloat32(this.#event + fields.threshold, true),
          cost: this.#readCost(view),
          stopgap: u32(fields.stopgap) !== 0,
          audited: u32(fields.audited) !== 0,
          placement: u32(fields.placed) === 0 ? undefined : readPlacement(this.#module, this.#handle, this.settings.choose),
          variant: heap.textAt(this.#event + fields.variant) || undefined,
          agreement: decimal(view.getFloat32(this.#event + fields.agreement, true)) || undefined,
          outputs: Array.from({ length: u32(fields.outputCount) }, (_, i) => this.#readOutput(i)),
        };
      case abi.INPUT_FAILED:
        return { type: 'failed', input, error: this.#readError(view), cost: this.#readCost(view) };
      case abi.RUN_WANTED:
        return { type: 'run-wanted', attempt: Number(view.getBigUint64(this.#event + fields.attempt, true)), input, work: this.#readWork(view) };
      case abi.AUDIT_ENDED:
        return { type: 'audit-ended', input };
      case abi.PROMISE_CHANGED:
        return { type: 'promise-changed' };
      case abi.CONNECT_WANTED:
        return { type: 'connect-wanted' };
      case abi.CLOSE_WANTED:
        return { type: 'close-wanted', code: u32(fields.closeCode) };
      case abi.STATE_CHANGED:
        return {
          type: 'state',
          state: states[u32(fields.state)] ?? 'stopped',
          error: u32(fields.status) === 0 ? undefined : this.#readError(view),
          retryInMs: u32(fields.retryInMs),
        };
      default:
        return undefined;
    }
  }

  #readError(view: DataView): SluiceError {
    const code: ErrorCode = errorCodeOf(view.getInt32(this.#event + records.event.status, true));
    return new SluiceError(code, this.#module.heap.textAt(this.#event + records.event.text), {
      retryAfterMs: view.getUint32(this.#event + records.event.retryInMs, true),
    });
  }

  #readOutput(index: number): OutputTensor {
    this.#call((client, error) => this.#exports.sluice_client_event_output(client, index, this.#tensor, error));
    return readTensor(this.#module.heap, this.#tensor);
  }

  #readWork(view: DataView): Work {
    const fields = records.event;
    if (view.getUint32(this.#event + fields.work, true) === abi.RUN_STAGE) {
      return {
        type: 'run-stage',
        part: this.#module.heap.textAt(this.#event + fields.part),
        stage: view.getUint32(this.#event + fields.stage, true),
        withExit: view.getUint32(this.#event + fields.withExit, true) !== 0,
        coded: view.getUint32(this.#event + fields.coded, true) !== 0,
      };
    }
    return {
      type: 'encode',
      encodings: this.#readEncodings(view),
      jpegQuality: view.getUint32(this.#event + fields.jpegQuality, true) / 100,
      scale: view.getFloat32(this.#event + fields.scale, true),
      own: view.getUint32(this.#event + fields.own, true) !== 0,
    };
  }

  #readEncodings(view: DataView): Encoding[] {
    const count = view.getUint32(this.#event + records.event.encodingCount, true);
    const read: Encoding[] = [];
    for (let i = 0; i < count; ++i) {
      const name = encodingNames.get(view.getUint32(this.#event + records.event.encodings + 4 * i, true));
      if (name !== undefined) read.push(name);
    }
    return read;
  }

  #readCost(view: DataView): Cost {
    const fields = records.cost;
    const at = this.#event + records.event.cost;
    const ms = (field: number): number => Number(view.getBigInt64(at + field, true)) / 1000;
    return {
      gateMs: ms(fields.gateUs),
      encodeMs: ms(fields.encodeUs),
      waitMs: ms(fields.waitUs),
      roundTripMs: ms(fields.roundTripUs),
      serverQueueMs: ms(fields.serverQueueUs),
      serverDecodeMs: ms(fields.serverDecodeUs),
      serverComputeMs: ms(fields.serverComputeUs),
      localComputeMs: ms(fields.localComputeUs),
      bytesUp: Number(view.getBigUint64(at + fields.bytesUp, true)),
      bytesDown: Number(view.getBigUint64(at + fields.bytesDown, true)),
      multiplyAdds: Number(view.getBigUint64(this.#event + records.event.multiplyAdds, true)),
    };
  }
}
