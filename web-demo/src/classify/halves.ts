// A model in two halves: runs the device half on each picture at once, sends its features as the chosen link would carry them, and shows
// the answer after none, a quarter, half and all of the channels.
import { open, openDeviceHalf, type DeviceHalf, type DeviceHalfRun, type Gate } from 'sluice';

import { AnswersView } from './answers.js';
import { classNames, rateAt, rateText, sendingMs, stepsOf } from './arithmetic.js';
import type { Easel } from './easel.js';
import { FeaturesView } from './features.js';
import type { Mode } from './mode.js';
import { SizesView } from './sizes.js';
import { showConnection } from '../view/chips.js';
import { element } from '../view/element.js';

const kBudgetMs = 5000;

export class HalvesMode implements Mode {
  readonly pauseMs = 120; // after a stroke, or between pictures of the camera
  readonly #bundle: URL;
  readonly #server: URL;
  readonly #easel: Easel;
  readonly #answers = new AnswersView();
  readonly #features = new FeaturesView();
  readonly #sizes = new SizesView();
  readonly #seen = element<HTMLCanvasElement>('seen');
  readonly #rate = element<HTMLInputElement>('rate');
  #half: DeviceHalf | undefined;
  #gate: Gate | undefined;
  #steps: readonly number[] = [];
  #under = new AbortController(); // what is under way for the picture shown
  #ended = false;

  constructor(bundle: URL, server: URL, easel: Easel, rateChanged: () => void) {
    this.#bundle = bundle;
    this.#server = server;
    this.#easel = easel;
    this.#rate.oninput = () => {
      this.#showRate();
      rateChanged();
    };
    this.#showRate();
  }

  async start(): Promise<void> {
    const device = await openDeviceHalf(this.#bundle);
    // The highest target that was measured lets each step send as many channels as it says.
    const accuracyTarget = device.points.at(-1)!.target;
    const opened = await open(this.#bundle, { server: this.#server, policy: 'keep-all', gate: false, threads: false, budgetMs: kBudgetMs, accuracyTarget });
    if (this.#ended) return opened.dispose(); // another way was chosen meanwhile
    this.#gate = opened;
    opened.onConnection((event) => {
      if (!this.#ended) showConnection(event, 'remote');
    });
    const { guess } = await device.run(this.#easel.picture);
    this.#steps = stepsOf(device.channels);
    this.#answers.prepare(classNames(device.manifest, guess.length), this.#steps, device.channels);
    element('size-note').textContent = `The model sees ${device.width} x ${device.height} pixels of it.`;
    element('tiles-note').textContent = 'Those with a coloured border have left for the server; a broken border: only their coarse values.';
    const { name, version, description } = device.bundle;
    element('bundle-note').textContent = `Bundle ${name} ${version}${description === '' ? '' : `: ${description}`}`;
    // Pictures are classified from here on: there are lines for their answers.
    this.#half = device;
  }

  async classify(): Promise<void> {
    if (this.#half === undefined || this.#ended) return;
    const { picture } = this.#easel;
    this.#under.abort();
    const mine = (this.#under = new AbortController());
    const started = performance.now();
    const run = await this.#half.run(picture);
    if (mine.signal.aborted) return;
    this.#drawSeen(this.#half, run);
    this.#answers.begin(run.payloadBytes);
    this.#answers.show(0, { logits: run.guess, channels: 0, sent: false, afterMs: performance.now() - started });
    this.#features.show(run);
    void this.#sizes.show(run.payloadBytes.at(-1)!, this.#seen, this.#easel.canvas, () => !mine.signal.aborted);
    const bitsPerSecond = rateAt(Number(this.#rate.value) / 100);
    for (const [step, channels] of this.#steps.entries()) {
      if (channels === 0) continue;
      setTimeout(() => void this.#ask(step, channels, picture, started, mine.signal), sendingMs(run.payloadBytes[channels]!, bitsPerSecond));
    }
  }

  async dispose(): Promise<void> {
    this.#ended = true;
    this.#under.abort();
    await this.#gate?.dispose();
  }

  async #ask(step: number, channels: number, picture: ImageData, started: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#gate === undefined) return;
    try {
      const { outputs, cost } = await this.#gate.infer(picture, { channels, signal });
      if (signal.aborted) return;
      const [logits, came] = outputs;
      const sent = cost.bytesUp > 0;
      if (sent) this.#features.markSent(channels, this.#steps.at(-1)!);
      this.#sizes.say(sent);
      this.#answers.show(step, { logits: logits!.data as Float32Array, channels: Number(came?.data[0] ?? 0), sent, afterMs: performance.now() - started });
    } catch (error) {
      if (!signal.aborted) this.#answers.fail(step, error instanceof Error ? error.message : String(error));
    }
  }

  #showRate(): void {
    element('rate-value').textContent = rateText(rateAt(Number(this.#rate.value) / 100));
  }

  #drawSeen({ width, height }: DeviceHalf, { picture }: DeviceHalfRun): void {
    Object.assign(this.#seen, { width, height });
    const context = this.#seen.getContext('2d')!;
    const data = context.createImageData(width, height);
    for (let at = 0; at < width * height; ++at) data.data.set([picture[3 * at]!, picture[3 * at + 1]!, picture[3 * at + 2]!, 255], 4 * at);
    context.putImageData(data, 0, 0);
  }
}
