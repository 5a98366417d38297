// The numbers at the side, and the bar that shows how the frames divide.
import { kKindNames } from '../kinds.js';
import type { RecordKind } from '../record.js';
import type { Savings } from '../savings.js';
import { element } from './element.js';

const kFields = {
  filtered: element('count-filtered'),
  frames: element('count-frames'),
  gate: element('count-gate'),
  model: element('count-model'),
  time: element('count-time'),
  bytes: element('count-bytes'),
};

const kShares = new Map<RecordKind, HTMLElement>(
  kKindNames.map((kind) => {
    const share = document.createElement('i');
    share.dataset['kind'] = kind;
    return [kind, share];
  }),
);
element('shares').append(...kShares.values());

export function showSavings({ frames, counts, filtered, gateMs, modelMs, savedMs, savedBytes }: Savings): void {
  kFields.filtered.textContent = frames > 0 ? `${Math.round((100 * filtered) / frames)} %` : '–';
  kFields.frames.textContent = frames.toLocaleString('en');
  kFields.gate.textContent = gateMs > 0 ? `${gateMs.toFixed(gateMs < 10 ? 2 : 1)} ms` : '–';
  kFields.model.textContent = modelMs > 0 ? `${modelMs.toFixed(modelMs < 10 ? 1 : 0)} ms` : '–';
  kFields.time.textContent = savedMs < 1000 ? `${Math.round(savedMs)} ms` : `${(savedMs / 1000).toFixed(1)} s`;
  kFields.bytes.textContent = formatBytes(savedBytes);
  for (const [kind, share] of kShares) share.style.flexGrow = String(counts[kind]);
}

export function formatBytes(bytes: number): string {
  if (bytes < 1e6) return `${Math.round(bytes / 1e3)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
