// The page: opens the bundle, plays the chosen source through it at once, and keeps going in another way whenever something is
// missing (no camera, no server, no threads), saying so in one sentence.
import { open, SluiceError, type ConnectionEvent, type Gate, type Progress } from 'sluice';
import { version } from 'sluice/package.json';

import { captionOf } from './caption.js';
import { publishColors } from './kinds.js';
import { play, type FrameListener } from './play.js';
import { Runs } from './run.js';
import { openCamera } from './source/camera.js';
import { type Frames, PlayRefused } from './source/frames.js';
import { openSample } from './source/sample.js';
import { Board } from './view/board.js';
import { showConnection, showEnvironment } from './view/chips.js';
import { showMarkdown } from './view/credits.js';
import { element } from './view/element.js';
import { NetworkPanel } from './view/network.js';
import { note } from './view/notice.js';
import { hideOverlay, showLoading, showStart } from './view/overlay.js';
import { PictureView } from './view/picture.js';
import { PlacingView } from './view/placing.js';
import { PromiseView } from './view/promise.js';
import { bindTarget } from './view/target.js';

const kBundleUrl = new URL('bundles/faces/', document.baseURI);
const kServerUrl = new URL('v1/stream', document.baseURI.replace(/^http/, 'ws'));
const kSampleUrl = new URL('footage/stream.mp4', document.baseURI);
const kCreditsUrl = new URL('footage/CREDITS.md', document.baseURI);
const kDefaultTarget = 0.9;

publishColors();
const pause = element<HTMLButtonElement>('pause');
const jump = element<HTMLButtonElement>('jump');
const picture = new PictureView(element<HTMLCanvasElement>('picture'), element('verdict'));
const board = new Board();
const runs = new Runs();
const network = new NetworkPanel((link) => opened?.gate.simulateLink(link));

const placing = new PlacingView();
const promise = new PromiseView();

/** Of the places that there are, those that the page offers. */
type PlaceHere = 'remote-else-local' | 'local' | 'auto' | 'choice';

let opened: { readonly gate: Gate; readonly place: PlaceHere; readonly live: boolean } | undefined;
let target = kDefaultTarget;

function chosen(name: string): string {
  return document.querySelector<HTMLInputElement>(`input[name="${name}"]:checked`)!.value;
}

function choose(name: string, value: string): void {
  document.querySelector<HTMLInputElement>(`input[name="${name}"][value="${value}"]`)!.checked = true;
}

function chosenPlace(): PlaceHere {
  if (chosen('place') === 'local') return 'local';
  const ways: Readonly<Record<string, PlaceHere>> = { quickest: 'auto', cheapest: 'choice' };
  return ways[chosen('way')] ?? 'remote-else-local';
}

/** The gate for the chosen place; the one that is open serves as long as its place is still the chosen one. */
async function openGate(signal: AbortSignal): Promise<Gate> {
  const place = chosenPlace();
  const live = chosen('keeping') === 'live';
  if (opened?.place === place && opened.live === live) return opened.gate;
  await closeGate();
  note({ type: 'gate-closed' });
  let loading = true; // what is fetched later, for the case that the server goes, is nobody's concern
  const gate = await open(kBundleUrl, {
    place,
    ...(place === 'local' ? {} : { server: kServerUrl }),
    accuracyTarget: target,
    promise: live ? 'live' : 'calibrated',
    policy: 'newest-wins',
    threads: 'auto',
    signal,
    onProgress: (progress) => {
      if (loading) showLoading(`Loading ${nameOf(progress)}`, progress.totalBytes ? progress.loadedBytes / progress.totalBytes : undefined);
    },
  });
  loading = false;
  opened = { gate, place, live };
  promise.show(live ? gate : undefined);
  gate.simulateLink(network.link);
  showEnvironment(gate.environment);
  bindTarget(gate.bundle, target, (chosenTarget) => aimAt(gate, chosenTarget));
  gate.onConnection((event) => {
    if (opened?.gate === gate) onConnection(event, place);
  });
  return gate;
}

async function closeGate(): Promise<void> {
  const last = opened?.gate;
  opened = undefined; // first, so that its end is not taken for the loss of a connection
  await last?.dispose();
}

async function aimAt(gate: Gate, chosenTarget: number): Promise<void> {
  target = chosenTarget;
  try {
    await gate.setAccuracyTarget(target);
    promise.beginAnew();
    board.beginAnew(); // every frame that the gate answered at the old target has come by now
  } catch (error) {
    if (opened?.gate === gate) await explain(error);
  }
}

function nameOf({ what }: Progress): string {
  if (what.endsWith('.wasm')) return 'the engine';
  return what === 'filter' ? 'the gate' : `the ${what}`;
}

function onConnection(event: ConnectionEvent, place: PlaceHere): void {
  showConnection(event, place);
  if (place !== 'local') note({ type: 'connection', state: event.state, why: event.error?.message ?? '' });
}

async function openSource(signal: AbortSignal): Promise<Frames> {
  if (chosen('source') === 'camera') {
    try {
      return await openCamera();
    } catch (error) {
      if (signal.aborted) throw error; // another source was chosen meanwhile
      note({ type: 'source-replaced', why: describe(error) });
      choose('source', 'sample');
    }
  }
  return openSample(kSampleUrl.href);
}

/** Gate and source load side by side; when one fails, the other is not kept. */
async function openBoth(signal: AbortSignal): Promise<[Gate, Frames]> {
  const source = openSource(signal);
  const failed = new AbortController();
  try {
    const [gate, frames] = await Promise.all([
      openGate(AbortSignal.any([signal, failed.signal])),
      source.then((one) => {
        if (!signal.aborted) picture.poster(one.poster, one.width, one.height);
        return one;
      }),
    ]);
    return [gate, frames];
  } catch (error) {
    failed.abort(); // else a gate that comes later would hide why there is nothing to see
    void source.then(
      (frames) => frames.stop(),
      () => undefined,
    );
    throw error;
  }
}

async function run(signal: AbortSignal): Promise<void> {
  try {
    showLoading('Loading');
    const [gate, frames] = await openBoth(signal);
    signal.addEventListener('abort', () => frames.stop(), { once: true });
    if (signal.aborted) return frames.stop();
    await frames.play();
    pause.onclick = () => togglePause(frames);
    jump.onclick = () => frames.jump?.();
    jump.hidden = frames.jump === undefined;
    await play(gate, frames, onFrame, signal);
    if (!signal.aborted) showStart('Play again', restart); // a camera was unplugged
  } catch (error) {
    if (!signal.aborted) await explain(error);
  } finally {
    pause.disabled = true;
  }
}

function togglePause(frames: Frames): void {
  const paused = pause.getAttribute('aria-pressed') !== 'true';
  frames.pause(paused);
  showPaused(paused);
}

function showPaused(paused: boolean): void {
  pause.setAttribute('aria-pressed', String(paused));
  pause.textContent = paused ? 'Resume' : 'Pause';
}

const onFrame: FrameListener = (item, record, bitmap) => {
  if (pause.disabled) {
    hideOverlay();
    showPaused(false);
    pause.disabled = false;
  }
  board.add(record);
  network.add(record);
  placing.add(record);
  const boxes = item.kind === 'failed' ? [] : item.detections;
  if (record.kind !== 'lost') picture.draw(bitmap, record.kind, boxes, captionOf(record));
};

async function explain(error: unknown): Promise<void> {
  if (error instanceof PlayRefused) return showStart('Play', restart);
  showStart('Try again', restart);
  if (!(error instanceof SluiceError)) return note({ type: 'source-failed', why: describe(error) });
  note({ type: 'gate-failed', why: `${error.message}. ${error.hint}.` });
  await closeGate(); // the next try gets one of its own
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function restart(): void {
  note({ type: 'started' });
  board.beginAnew();
  network.beginAnew();
  placing.beginAnew(chosenPlace());
  runs.start(run);
}

for (const input of document.querySelectorAll<HTMLInputElement>('input[name="source"], input[name="place"], input[name="way"], input[name="keeping"]')) {
  input.addEventListener('change', restart);
}

async function showCredits(): Promise<void> {
  const credits = await fetch(kCreditsUrl);
  if (credits.ok) showMarkdown(element('credits'), await credits.text());
}

element('version').textContent = version;
restart();
void showCredits().catch(() => undefined); // the page has a sentence in their place
