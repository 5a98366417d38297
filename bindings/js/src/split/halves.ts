// The engine's side of a model in two halves: this device's half makes a guess and features, the server's answer is put together
// with the guess, and the guess answers where no answer came. Owns the module of the device half. What a run gave is kept as long
// as its input is.
import { fitRgb } from './fit.js';
import { Lite, type LiteRun } from './lite.js';
import type { SplitSpec } from './manifest.js';
import type { Encoded, Input, InputReader } from '../engine/input.js';
import { toRgb } from '../engine/pixels.js';
import type { ClientEvent, EncodeWork } from '../bindings/client.js';
import type { Pixels } from '../bindings/tensors.js';
import { SluiceError } from '../errors.js';
import type { ConnectionState, OutputTensor } from '../types.js';

export type EndEvent = Extract<ClientEvent, { type: 'answered' | 'failed' }>;
type Failed = Extract<ClientEvent, { type: 'failed' }>;
type Answered = Extract<ClientEvent, { type: 'answered' }>;

interface Run extends LiteRun {
  readonly tookMs: number;
}

const channelsOutput = 'channels';

export class Halves {
  readonly #lite: Lite;
  readonly #spec: SplitSpec;
  readonly #runs = new WeakMap<Input, Run>();
  readonly #alone = new WeakMap<Input, string>(); // inputs that the guess answers at once, and why
  readonly #elsewhere: boolean;
  #away = false; // the server
  #channels: number | undefined; // undefined: the target takes more than all points give

  /** `elsewhere`: another model answers where there is no server. */
  constructor(compiled: WebAssembly.Module, unit: Uint8Array, spec: SplitSpec, elsewhere: boolean) {
    this.#lite = new Lite(compiled, unit);
    this.#spec = spec;
    this.#elsewhere = elsewhere;
  }

  /** `kept`: the agreement that the questions leave; answers with what is left when the features have taken their part. */
  setTarget(target: number, kept: number): number {
    const { fround } = Math;
    const allowed = fround(Math.max(fround(kept) - fround(target), 0));
    const point = this.#spec.points.find((one) => fround(1 - fround(one.target)) <= allowed);
    this.#channels = point?.channels;
    return point === undefined ? kept : fround(kept - fround(1 - fround(point.target)));
  }

  /** How the connection stands. Inputs that come while the server is away need not wait for it. */
  heard(state: ConnectionState): void {
    if (state === 'ready') this.#away = false;
    if (state === 'backing-off' || state === 'stopped') this.#away = true;
  }

  /** Whether the guess alone answers this input; `wished`: the caller's number of channels. */
  answersAlone(input: Input, wished: number | undefined): boolean {
    const channels = wished ?? this.#channels;
    if (channels === 0) this.#alone.set(input, 'no features are to be sent');
    else if (this.#away && !this.#elsewhere) this.#alone.set(input, 'the server is away');
    return this.#alone.has(input);
  }

  /** The features to send; undefined where a whole picture is to go. */
  encode(input: Input, { encodings }: EncodeWork, wished: number | undefined, reader: InputReader): Promise<Encoded> | undefined {
    const channels = wished ?? this.#channels;
    if (channels === undefined || input.type === 'window' || !encodings.includes('split')) return undefined;
    return this.#encode(input, channels, reader);
  }

  async #encode(input: Input, channels: number, reader: InputReader): Promise<Encoded> {
    if (channels === 0 && this.answersAlone(input, 0)) throw new SluiceError('cancelled', 'no features are to be sent');
    const { bytes } = await this.#run(input, reader, () => this.#lite.encode(channels));
    return { encoding: 'split', payload: bytes };
  }

  /** What becomes of an input in the place of `event`; undefined where it stays so. */
  instead(event: EndEvent, input: Input, reader: InputReader): EndEvent | Promise<EndEvent> | undefined {
    if (input.type === 'window') return undefined;
    if (event.type === 'failed') return this.#guesses(event, input) ? this.#guess(event, input, reader) : undefined;
    const run = event.kind === 'split' ? this.#runs.get(input) : undefined;
    if (run === undefined) return undefined;
    try {
      return { ...event, outputs: this.#combine(run, event.outputs), cost: withRun(event, run) };
    } catch (thrown) {
      return guessed({ type: 'failed', input: event.input, error: thrown as SluiceError, cost: event.cost }, run);
    }
  }

  // Not for inputs that nobody waits for any more, nor for those that no model could answer.
  #guesses({ error }: Failed, input: Input): boolean {
    if (this.#alone.has(input)) return true;
    return error.category !== 'argument' && error.code !== 'superseded' && error.code !== 'cancelled';
  }

  async #guess(event: Failed, input: Input, reader: InputReader): Promise<EndEvent> {
    try {
      const run = this.#runs.get(input) ?? (await this.#run(input, reader, (made) => made));
      return guessed(event, run, this.#alone.get(input));
    } catch {
      return event; // the reason why there is no answer stays the first one
    }
  }

  /** `use` is called while the run is the module's last. */
  async #run<T>(input: Input, reader: InputReader, use: (run: Run) => T): Promise<T> {
    const pixels = await readPicture(input, reader);
    const started = performance.now();
    placePicture(this.#lite, this.#spec, pixels);
    const run = { ...this.#lite.run(), tookMs: performance.now() - started };
    this.#runs.set(input, run);
    return use(run);
  }

  #combine(run: Run, outputs: readonly OutputTensor[]): OutputTensor[] {
    const [logits, channels] = outputs;
    if (outputs.length !== 2 || channels!.name !== channelsOutput || !(channels!.data instanceof Int32Array) || channels!.data.length !== 1) {
      throw new SluiceError('malformed_message', "the remote half's answer does not say how many channels came");
    }
    const { data } = logits!;
    if (!(data instanceof Float32Array)) throw new SluiceError('malformed_message', `the remote half's answer is ${logits!.type}; the guess is float32`);
    const [came] = channels!.data;
    if (came! < 1) throw new SluiceError('malformed_message', `the remote half's answer is of ${came} channels; none is no question to it`);
    return answerOf(this.#lite.combine(run, data, came!), came!);
  }
}

/** What a device half can be given of an input. */
export async function readPicture(input: Input, reader: InputReader): Promise<Pixels> {
  const pixels = await reader.read(input, (bytes) => new Uint8Array(bytes));
  if (!('format' in pixels)) throw new SluiceError('invalid_input', 'a device half takes pictures');
  return pixels;
}

/** Scales a picture to where the next run finds it; nothing may come between the two. */
export function placePicture(lite: Lite, { fit, fill }: SplitSpec, pixels: Pixels): void {
  fitRgb(toRgb(pixels), pixels, lite, fit, fill, lite.picture);
}

function guessed(event: Failed, run: Run, why = event.error.message): Answered {
  const reason = `guess of the device half: ${why}`;
  return {
    type: 'answered',
    input: event.input,
    kind: 'split',
    reason,
    score: 0,
    threshold: 0,
    outputs: answerOf(run.guess.slice(), 0),
    cost: withRun(event, run),
  };
}

function withRun({ cost }: EndEvent, { tookMs }: Run): EndEvent['cost'] {
  return { ...cost, localComputeMs: cost.localComputeMs + tookMs };
}

function answerOf(logits: Float32Array, channels: number): OutputTensor[] {
  return [
    { name: 'logits', type: 'float32', dims: [1, logits.length], data: logits },
    { name: channelsOutput, type: 'int32', dims: [1], data: Int32Array.of(channels) },
  ];
}
