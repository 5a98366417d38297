// The classifier's page: a picture, and a choice of how it is classified, by a model in two halves or by one with early exits. Says plainly
// what is missing.
import { SluiceError } from 'sluice';
import { version } from 'sluice/package.json';

import { findChoices, type Choice, type Choices } from './choices.js';
import { Easel, type EaselSource } from './easel.js';
import { ExitsMode } from './exits.js';
import { HalvesMode } from './halves.js';
import type { Mode } from './mode.js';
import { publishColors } from '../kinds.js';
import { element } from '../view/element.js';

const kServerUrl = new URL('v1/stream', document.baseURI.replace(/^http/, 'ws'));
const kSources: readonly (readonly [EaselSource, string, string])[] = [
  ['camera', 'Camera', 'Stop the camera'],
  ['sample', 'Sample video', 'Stop the video'],
];

publishColors();
element('version').textContent = version;
let taken: Choice | undefined; // what was chosen last
let mode: Mode | undefined;
let ready = false; // the mode has started
let busy = false; // with a picture
let again = false; // there is a newer one
let timer: ReturnType<typeof setTimeout> | undefined;

function say(sentence: string): void {
  const notice = element('notice');
  notice.hidden = sentence === '';
  notice.querySelector('p')!.textContent = sentence;
}

const easel = new Easel(element<HTMLCanvasElement>('drawing'), {
  changed: () => classifySoon(),
  failed: say,
  playing: (now) => {
    for (const [source, start, stop] of kSources) {
      const button = element<HTMLButtonElement>(source);
      button.setAttribute('aria-pressed', String(source === now));
      button.textContent = source === now ? stop : start;
    }
  },
});

/** Pictures that come faster than they are worked on replace each other. */
function classifySoon(): void {
  if (mode === undefined || !ready) return;
  timer ??= setTimeout(() => {
    timer = undefined;
    void classify();
  }, mode.pauseMs);
}

async function classify(): Promise<void> {
  if (mode === undefined || !ready) return;
  again = busy;
  if (busy) return;
  busy = true;
  try {
    await mode.classify();
  } finally {
    busy = false;
    if (again) classifySoon();
  }
}

async function take(choice: Choice): Promise<void> {
  const before = mode;
  taken = choice;
  mode = undefined;
  ready = false;
  say('');
  await before?.dispose();
  if (taken !== choice) return; // another was chosen meanwhile
  if (choice.way === undefined) return explain(choice, undefined);
  document.body.dataset['way'] = choice.way;
  delete document.body.dataset['state'];
  const mine =
    choice.way === 'halves'
      ? new HalvesMode(choice.url, kServerUrl, easel, classifySoon)
      : new ExitsMode(choice.url, choice.manifest, kServerUrl, easel, classifySoon);
  mode = mine;
  try {
    await mine.start();
    if (mode !== mine) return;
    ready = true;
    classifySoon();
  } catch (error) {
    if (mode === mine) explain(choice, error);
  }
}

function explain({ name }: Choice, error: unknown): void {
  document.body.dataset['state'] = 'missing'; // nothing of what answers fill is shown
  const missing = error === undefined || (error instanceof SluiceError && error.code === 'fetch_failed');
  if (missing)
    return say(`The server does not offer the bundle '${name}', so that there is nothing to classify with. Start it with a folder of bundles that has it.`);
  say(`The bundle '${name}' cannot be used: ${error instanceof Error ? error.message : String(error)}`);
}

function offer({ offered, asked }: Choices): void {
  const list = element('ways');
  list.hidden = offered.length < 2;
  list.replaceChildren(
    ...offered.map((choice) => {
      const label = document.createElement('label');
      const input = Object.assign(document.createElement('input'), { type: 'radio', name: 'way', value: choice.name, checked: choice === asked });
      input.addEventListener('change', () => {
        history.replaceState(undefined, '', `?bundle=${encodeURIComponent(choice.name)}`);
        void take(choice);
      });
      const words = document.createElement('span');
      words.textContent = choice.label;
      label.append(input, words);
      return label;
    }),
  );
}

function bind(): void {
  element<HTMLInputElement>('choose').addEventListener('change', ({ target }) => {
    const input = target as HTMLInputElement;
    const file = input.files?.[0];
    if (file !== undefined) void easel.show(file);
    input.value = ''; // so that the same file may be chosen again
  });
  for (const [source] of kSources) {
    const button = element<HTMLButtonElement>(source);
    button.addEventListener('click', () => void (button.getAttribute('aria-pressed') === 'true' ? easel.stop() : easel.start(source)));
  }
  element('sketch').addEventListener('click', () => easel.sketch());
  element('clear').addEventListener('click', () => easel.clear());
  element<HTMLInputElement>('brush').addEventListener('input', ({ target }) => void (easel.brush = (target as HTMLInputElement).value));
}

async function start(): Promise<void> {
  const choices = await findChoices(new URLSearchParams(location.search).get('bundle'));
  offer(choices);
  await take(choices.asked);
}

bind();
easel.sketch();
void start();
