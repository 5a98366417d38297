// The classifier's page: runs the device half on each picture at once, sends its features as the chosen link would carry them, and
// shows the answer after none, a quarter, half and all of the channels. Says plainly what is missing.
import { open, openDeviceHalf, SluiceError, type DeviceHalf, type DeviceHalfRun, type Gate } from 'sluice';
import { version } from 'sluice/package.json';

import { AnswersView } from './answers.js';
import { classNames, rateAt, rateText, sendingMs, stepsOf } from './arithmetic.js';
import { Easel } from './easel.js';
import { FeaturesView } from './features.js';
import { SizesView } from './sizes.js';
import { publishColors } from '../kinds.js';
import { showConnection } from '../view/chips.js';
import { element } from '../view/element.js';

const kName = new URLSearchParams(location.search).get('bundle') ?? 'cifar10-split';
const kBundleUrl = new URL(`bundles/${encodeURIComponent(kName)}/`, document.baseURI);
const kServerUrl = new URL('v1/stream', document.baseURI.replace(/^http/, 'ws'));
const kBudgetMs = 5000;
const kPauseMs = 120; // after a stroke, or between pictures of the camera

publishColors();
element('version').textContent = version;
const answers = new AnswersView();
const features = new FeaturesView();
const sizes = new SizesView();
const seen = element<HTMLCanvasElement>('seen');
const rate = element<HTMLInputElement>('rate');
const camera = element<HTMLButtonElement>('camera');
let half: DeviceHalf | undefined;
let gate: Gate | undefined;
let steps: readonly number[] = [];
let under = new AbortController(); // what is under way for the picture shown
let timer: ReturnType<typeof setTimeout> | undefined;

function say(sentence: string): void {
  const notice = element('notice');
  notice.hidden = sentence === '';
  notice.querySelector('p')!.textContent = sentence;
}

const easel = new Easel(element<HTMLCanvasElement>('drawing'), {
  changed: () => classifySoon(),
  failed: say,
  cameraOn: (on) => {
    camera.setAttribute('aria-pressed', String(on));
    camera.textContent = on ? 'Stop the camera' : 'Camera';
  },
});

/** Pictures that come faster than they are worked on replace each other. */
function classifySoon(): void {
  timer ??= setTimeout(() => {
    timer = undefined;
    void classify();
  }, kPauseMs);
}

async function classify(): Promise<void> {
  if (half === undefined) return;
  under.abort();
  const mine = (under = new AbortController());
  const started = performance.now();
  const picture = easel.picture;
  const run = await half.run(picture);
  if (mine.signal.aborted) return;
  drawSeen(half, run);
  answers.begin(run.payloadBytes);
  answers.show(0, { logits: run.guess, channels: 0, sent: false, afterMs: performance.now() - started });
  features.show(run);
  void sizes.show(run.payloadBytes.at(-1)!, seen, easel.canvas, () => !mine.signal.aborted);
  const bitsPerSecond = rateAt(Number(rate.value) / 100);
  for (const [step, channels] of steps.entries()) {
    if (channels === 0) continue;
    setTimeout(() => void ask(step, channels, picture, started, mine.signal), sendingMs(run.payloadBytes[channels]!, bitsPerSecond));
  }
}

async function ask(step: number, channels: number, picture: ImageData, started: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted || gate === undefined) return;
  try {
    const { outputs, cost } = await gate.infer(picture, { channels, signal });
    if (signal.aborted) return;
    const [logits, came] = outputs;
    const sent = cost.bytesUp > 0;
    if (sent) features.markSent(channels, steps.at(-1)!);
    sizes.say(sent);
    answers.show(step, { logits: logits!.data as Float32Array, channels: Number(came?.data[0] ?? 0), sent, afterMs: performance.now() - started });
  } catch (error) {
    if (!signal.aborted) answers.fail(step, error instanceof Error ? error.message : String(error));
  }
}

function drawSeen({ width, height }: DeviceHalf, { picture }: DeviceHalfRun): void {
  Object.assign(seen, { width, height });
  const context = seen.getContext('2d')!;
  const data = context.createImageData(width, height);
  for (let at = 0; at < width * height; ++at) data.data.set([picture[3 * at]!, picture[3 * at + 1]!, picture[3 * at + 2]!, 255], 4 * at);
  context.putImageData(data, 0, 0);
}

async function start(): Promise<void> {
  const device = await openDeviceHalf(kBundleUrl);
  // The highest target that was measured lets each step send as many channels as it says.
  const accuracyTarget = device.points.at(-1)!.target;
  const opened = await open(kBundleUrl, { server: kServerUrl, policy: 'keep-all', gate: false, threads: false, budgetMs: kBudgetMs, accuracyTarget });
  opened.onConnection((event) => showConnection(event, 'remote'));
  const { guess } = await device.run(easel.picture);
  steps = stepsOf(device.channels);
  answers.prepare(classNames(device.manifest, guess.length), steps, device.channels);
  element('size-note').textContent = `The model sees ${device.width} x ${device.height} pixels of it.`;
  element('tiles-note').textContent = 'Those with a coloured border have left for the server; a broken border: only their coarse values.';
  const { name, version: of, description } = device.bundle;
  element('bundle-note').textContent = `Bundle ${name} ${of}${description === '' ? '' : `: ${description}`}`;
  // Pictures are classified from here on: there are lines for their answers.
  half = device;
  gate = opened;
}

function explain(error: unknown): void {
  const missing = error instanceof SluiceError && error.code === 'fetch_failed';
  if (missing)
    return say(`The server does not offer the bundle '${kName}', so that there is nothing to classify with. Start it with a folder of bundles that has it.`);
  say(`The bundle '${kName}' cannot be used: ${error instanceof Error ? error.message : String(error)}`);
}

function bind(): void {
  const showRate = (): void => void (element('rate-value').textContent = rateText(rateAt(Number(rate.value) / 100)));
  rate.addEventListener('input', () => {
    showRate();
    classifySoon();
  });
  showRate();
  element<HTMLInputElement>('choose').addEventListener('change', ({ target }) => {
    const input = target as HTMLInputElement;
    const file = input.files?.[0];
    if (file !== undefined) void easel.show(file);
    input.value = ''; // so that the same file may be chosen again
  });
  camera.addEventListener('click', () => void (easel.cameraRuns ? easel.stopCamera() : easel.startCamera()));
  element('sketch').addEventListener('click', () => easel.sketch());
  element('clear').addEventListener('click', () => easel.clear());
  element<HTMLInputElement>('brush').addEventListener('input', ({ target }) => void (easel.brush = (target as HTMLInputElement).value));
}

bind();
easel.sketch();
start().then(classifySoon, (error: unknown) => {
  document.body.dataset['state'] = 'missing'; // nothing of what answers fill is shown
  explain(error);
});
