// What stands over the picture: the answer in a few words.
import type { FrameRecord } from './record.js';

export function captionOf(record: FrameRecord): string {
  const faces = record.faces === 1 ? '1 face' : `${record.faces} faces`;
  const ms = record.modelMs.toFixed(0);
  switch (record.kind) {
    case 'skipped':
      return `skipped in ${record.gateMs.toFixed(1)} ms`;
    case 'reused':
      return `${faces}, reused in ${record.gateMs.toFixed(1)} ms`;
    case 'exited':
      return `${faces}, by an early exit in ${ms} ms`;
    case 'split':
      return `${faces}, here and on the server in ${ms} ms`;
    case 'remote':
      return `${faces}, on the server in ${ms} ms`;
    case 'local':
      return `${faces}, in this page in ${ms} ms`;
    case 'lost':
      return record.reason;
  }
}
