// The panel of the link: a choice of slower ones, simulated in this page, and what they do to the frames that run the model.
import type { SimulatedLink } from 'sluice';

import { NetworkCounter } from '../network.js';
import type { FrameRecord } from '../record.js';
import { formatBytes, formatMs } from '../savings-words.js';
import { element } from './element.js';

const kLinks: Readonly<Record<string, SimulatedLink | undefined>> = {
  real: undefined,
  '6000': { kilobitsPerS: 6000, roundTripMs: 50 },
  '1000': { kilobitsPerS: 1000, roundTripMs: 100 },
  '270': { kilobitsPerS: 270, roundTripMs: 300 },
  none: { kilobitsPerS: 0 },
};

const kFields = { inTime: element('network-in-time'), answer: element('network-answer'), sent: element('network-sent'), last: element('network-last') };

export class NetworkPanel {
  readonly #counter = new NetworkCounter();

  /** `onChange` gets each link that is chosen. */
  constructor(onChange: (link: SimulatedLink | undefined) => void) {
    for (const input of document.querySelectorAll<HTMLInputElement>('input[name="link"]')) {
      input.addEventListener('change', () => {
        this.beginAnew();
        onChange(this.link);
      });
    }
    this.beginAnew();
  }

  get link(): SimulatedLink | undefined {
    return kLinks[document.querySelector<HTMLInputElement>('input[name="link"]:checked')!.value];
  }

  add(record: FrameRecord): void {
    this.#counter.add(record);
    if (record.kind === 'skipped' || record.kind === 'reused' || record.superseded) return;
    this.#show(lastWords(record));
  }

  beginAnew(): void {
    this.#counter.clear();
    this.#show('No frame has run the model yet.');
  }

  #show(last: string): void {
    const { inTime, answerMs, sentBytes } = this.#counter.sums();
    kFields.inTime.textContent = Number.isNaN(inTime) ? '–' : `${Math.round(100 * inTime)} %`;
    kFields.answer.textContent = answerMs > 0 ? formatMs(answerMs) : '–';
    kFields.sent.textContent = sentBytes > 0 ? formatBytes(sentBytes) : '–';
    kFields.last.textContent = last;
  }
}

function lastWords({ kind, answerMs, bytesUp, reason }: FrameRecord): string {
  if (kind === 'lost') return `The last frame came to nothing: ${reason}.`;
  const where = bytesUp > 0 ? `was sent, ${formatBytes(bytesUp)},` : 'stayed in this page';
  return `The last frame ${where} and was answered after ${formatMs(answerMs)}.`;
}
