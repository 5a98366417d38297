// How each kind of answer is named and coloured: one table for the picture, the timeline, the legend and the style sheet.
import type { RecordKind } from './record.js';

export interface KindLook {
  readonly label: string;
  readonly color: string;
  /** For the legend. */
  readonly title: string;
}

/** In the order of the legend: what cost least first. */
export const kKinds: Readonly<Record<RecordKind, KindLook>> = {
  skipped: { label: 'skipped', color: '#3f8fa6', title: 'The gate found that the model need not run' },
  reused: { label: 'reused', color: '#6fcf97', title: 'An earlier answer serves' },
  exited: { label: 'early exit', color: '#d9e27a', title: 'An early exit of the model was sure enough' },
  split: { label: 'split', color: '#ff8fa3', title: 'The model ran half here, half on the server' },
  remote: { label: 'on the server', color: '#ffb454', title: 'The full model ran on the server' },
  local: { label: 'in this page', color: '#b592f2', title: 'The full model ran in this page' },
  lost: { label: 'dropped', color: '#5b6470', title: 'A newer frame took its place while the model was busy, or it failed' },
};

export const kKindNames = Object.keys(kKinds) as readonly RecordKind[];

/** Makes the colours known to the style sheet, as --skipped and so on. */
export function publishColors(): void {
  for (const kind of kKindNames) document.documentElement.style.setProperty(`--${kind}`, kKinds[kind].color);
}
