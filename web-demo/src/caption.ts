// What stands over the picture: the answer in a few words.
import type { FrameRecord } from './record.js';

export function captionOf(record: FrameRecord): string {
  const faces = record.faces === 1 ? '1 face' : `${record.faces} faces`;
  switch (record.kind) {
    case 'skipped':
      return `skipped in ${record.gateMs.toFixed(1)} ms`;
    case 'remote':
      return `${faces}, on the server in ${record.modelMs.toFixed(0)} ms`;
    case 'local':
      return `${faces}, in this page in ${record.modelMs.toFixed(0)} ms`;
    case 'lost':
      return record.reason;
  }
}
