// One plain sentence across the top for each of gate and source when something is missing and the page goes on in another way.
import { kNoNotices, next, sentenceOf, type NoticeEvent, type Notices } from '../notices.js';
import { element } from './element.js';

const kLines: Readonly<Record<keyof Notices, HTMLElement>> = { gate: element('notice-gate'), source: element('notice-source') };

let notices = kNoNotices;

/** Takes note of what happened, and shows what there is to say now. */
export function note(event: NoticeEvent): void {
  notices = next(notices, event);
  for (const of of ['gate', 'source'] as const) render(kLines[of], sentenceOf(notices[of]));
}

function render(line: HTMLElement, sentence: string): void {
  line.hidden = sentence === '';
  line.querySelector('p')!.textContent = sentence;
}

for (const of of ['gate', 'source'] as const) kLines[of].querySelector('button')!.addEventListener('click', () => note({ type: 'closed', of }));
