// The numbers at the side.
import type { Savings } from '../savings.js';
import { element } from './element.js';

const kFields = {
  filtered: element('count-filtered'),
  frames: element('count-frames'),
  skipped: element('count-skipped'),
  ran: element('count-ran'),
  lost: element('count-lost'),
  gate: element('count-gate'),
  model: element('count-model'),
  time: element('count-time'),
  bytes: element('count-bytes'),
};

export function showSavings(savings: Savings): void {
  const { frames, skipped, ran, lost, gateMs, modelMs, savedMs, savedBytes } = savings;
  kFields.filtered.textContent = `${frames > 0 ? Math.round((100 * skipped) / frames) : 0} %`;
  kFields.frames.textContent = frames.toLocaleString('en');
  kFields.skipped.textContent = skipped.toLocaleString('en');
  kFields.ran.textContent = ran.toLocaleString('en');
  kFields.lost.textContent = lost.toLocaleString('en');
  kFields.gate.textContent = gateMs > 0 ? `${gateMs.toFixed(gateMs < 10 ? 2 : 1)} ms` : '–';
  kFields.model.textContent = modelMs > 0 ? `${modelMs.toFixed(modelMs < 10 ? 1 : 0)} ms` : '–';
  kFields.time.textContent = savedMs < 1000 ? `${Math.round(savedMs)} ms` : `${(savedMs / 1000).toFixed(1)} s`;
  kFields.bytes.textContent = formatBytes(savedBytes);
}

export function formatBytes(bytes: number): string {
  if (bytes < 1e6) return `${Math.round(bytes / 1e3)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
