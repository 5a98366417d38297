// The page: opens the bundle, starts a source when the visitor presses play, and keeps going in another way whenever
// something is missing (no camera, no server, no threads), saying so in one sentence.
import { open, SluiceError, type ConnectionEvent, type Gate, type Place } from 'sluice';

import { captionOf } from './caption.js';
import { play } from './play.js';
import { SavingsCounter } from './savings.js';
import { openCamera } from './source/camera.js';
import type { Frames } from './source/frames.js';
import { openSample } from './source/sample.js';
import { showConnection, showEnvironment } from './view/chips.js';
import { showSavings } from './view/counters.js';
import { element } from './view/element.js';
import { hideNotice, showNotice } from './view/notice.js';
import { PictureView } from './view/picture.js';
import { bindTarget } from './view/target.js';
import { Timeline } from './view/timeline.js';

const kBundleUrl = new URL('bundles/faces/', document.baseURI);
const kServerUrl = new URL('v1/stream', document.baseURI.replace(/^http/, 'ws'));
const kSampleUrl = new URL('footage/stream.mp4', document.baseURI);
const kCreditsUrl = new URL('footage/CREDITS.md', document.baseURI);
const kDefaultTarget = 0.9;

const start = element<HTMLButtonElement>('start');
const pause = element<HTMLButtonElement>('pause');
const picture = new PictureView(element<HTMLCanvasElement>('picture'), element('verdict'));
const timeline = new Timeline(element<HTMLCanvasElement>('timeline'), element('timeline-tip'));
const savings = new SavingsCounter();

let gate: Gate | undefined;
let target = kDefaultTarget;
let running: { frames: Frames; abort: AbortController; ended: Promise<void> } | undefined;
let paused = false;

function chosen(name: string): string {
  return document.querySelector<HTMLInputElement>(`input[name="${name}"]:checked`)!.value;
}

function choose(name: string, value: string): void {
  document.querySelector<HTMLInputElement>(`input[name="${name}"][value="${value}"]`)!.checked = true;
}

async function openGate(): Promise<Gate> {
  const place = chosen('place') as Place;
  await gate?.dispose();
  gate = await open(kBundleUrl, {
    place,
    ...(place === 'local' ? {} : { server: kServerUrl }),
    accuracyTarget: target,
    policy: 'newest-wins',
    threads: 'auto',
    onProgress: ({ what, loadedBytes, totalBytes }) => {
      const share = totalBytes ? `${Math.round((100 * loadedBytes) / totalBytes)} %` : `${Math.round(loadedBytes / 1024)} kB`;
      start.querySelector('b')!.textContent = `Loading ${what}, ${share}`;
    },
  });
  showEnvironment(gate.environment);
  bindTarget(gate, target, (kept) => (target = kept));
  gate.onConnection((event) => onConnection(event, place));
  return gate;
}

function onConnection(event: ConnectionEvent, place: Place): void {
  showConnection(event, place);
  if (place === 'local') return;
  if (event.state === 'backing-off' || event.state === 'stopped') {
    showNotice('There is no server: the full model runs in this page until one answers.');
  } else if (event.state === 'ready') {
    hideNotice();
  }
}

async function openSource(): Promise<Frames> {
  if (chosen('source') === 'camera') {
    try {
      return await openCamera();
    } catch (error) {
      showNotice(`${error instanceof Error ? error.message : String(error)} The sample stream plays instead.`);
      choose('source', 'sample');
    }
  }
  return openSample(kSampleUrl.href);
}

async function startPlaying(): Promise<void> {
  start.hidden = true;
  try {
    const open = gate ?? (await openGate());
    const frames = await openSource();
    const abort = new AbortController();
    paused = false;
    pause.disabled = false;
    pause.textContent = 'Pause';
    const ended = play(open, frames, { onFrame }, abort.signal);
    running = { frames, abort, ended };
    await ended;
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'cancelled') return;
    fail(error);
  }
}

async function stopPlaying(): Promise<void> {
  const { frames, abort, ended } = running ?? {};
  running = undefined;
  frames?.stop();
  abort?.abort();
  await ended?.catch(() => undefined);
}

const onFrame: Parameters<typeof play>[2]['onFrame'] = (item, record, bitmap) => {
  savings.add(record);
  timeline.add(record);
  showSavings(savings.total());
  const boxes = item.kind === 'failed' ? [] : item.detections;
  if (record.kind !== 'lost') picture.draw(bitmap, record.kind, boxes, captionOf(record));
};

function fail(error: unknown): void {
  pause.disabled = true;
  start.hidden = false;
  start.disabled = false;
  start.querySelector('b')!.textContent = 'Try again';
  showNotice(error instanceof SluiceError ? `${error.message}. ${error.hint}.` : `${error instanceof Error ? error.message : String(error)}`);
}

start.addEventListener('click', () => void startPlaying());
pause.addEventListener('click', () => {
  paused = !paused;
  running?.frames.pause(paused);
  pause.textContent = paused ? 'Go on' : 'Pause';
});
for (const input of document.querySelectorAll<HTMLInputElement>('input[name="source"], input[name="place"]')) {
  input.addEventListener('change', async () => {
    const wasRunning = running !== undefined;
    await stopPlaying();
    if (input.name === 'place') {
      hideNotice();
      await openGate().catch(fail);
    }
    if (wasRunning) await startPlaying();
  });
}

async function prepare(): Promise<void> {
  try {
    await openGate();
    start.querySelector('b')!.textContent = 'Play';
    start.disabled = false;
  } catch (error) {
    fail(error);
  }
  const credits = await fetch(kCreditsUrl);
  if (credits.ok) element('credits').textContent = await credits.text();
}

void prepare();
