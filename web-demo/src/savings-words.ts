// The savings in words: amounts, and what they are made of, so that the reader can check them.
import type { Savings } from './savings.js';

export function howSaved({ filtered, modelMs, sentBytes, gateTotalMs }: Savings): string {
  if (filtered === 0 || modelMs === 0) return 'Nothing to estimate from yet: that takes a frame that ran the model, and one that did not.';
  const each = sentBytes > 0 ? `${formatMs(modelMs)} and ${formatBytes(sentBytes)}` : formatMs(modelMs);
  const frames = filtered === 1 ? '1 frame' : `${filtered.toLocaleString('en')} frames`;
  return `Estimated: ${frames} without the model × ${each}, what one with it takes; less ${formatMs(gateTotalMs)} for asking the gate each time.`;
}

export function formatMs(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1e6) return `${Math.round(bytes / 1e3)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
