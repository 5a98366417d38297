// The numbers at the side, and the bar that shows how the frames divide.
import { kKindNames } from '../kinds.js';
import type { RecordKind } from '../record.js';
import type { Savings } from '../savings.js';
import { formatBytes, formatMs, howSaved } from '../savings-words.js';
import { element } from './element.js';

const kFields = {
  filtered: element('count-filtered'),
  frames: element('count-frames'),
  gate: element('count-gate'),
  model: element('count-model'),
  time: element('count-time'),
  bytes: element('count-bytes'),
  how: element('count-how'),
};

const kShares = new Map<RecordKind, HTMLElement>(
  kKindNames.map((kind) => {
    const share = document.createElement('i');
    share.dataset['kind'] = kind;
    return [kind, share];
  }),
);
element('shares').append(...kShares.values());

export function showSavings(savings: Savings): void {
  const { frames, counts, filtered, gateMs, modelMs, savedMs, savedBytes } = savings;
  kFields.filtered.textContent = frames > 0 ? `${Math.round((100 * filtered) / frames)} %` : '–';
  kFields.frames.textContent = frames.toLocaleString('en');
  kFields.gate.textContent = gateMs > 0 ? `${gateMs.toFixed(gateMs < 10 ? 2 : 1)} ms` : '–';
  kFields.model.textContent = modelMs > 0 ? `${modelMs.toFixed(modelMs < 10 ? 1 : 0)} ms` : '–';
  kFields.time.textContent = formatMs(savedMs);
  kFields.bytes.textContent = formatBytes(savedBytes);
  kFields.how.textContent = howSaved(savings);
  for (const [kind, share] of kShares) share.style.flexGrow = String(counts[kind]);
}
