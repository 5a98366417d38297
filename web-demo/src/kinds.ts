// How each kind of answer is named and coloured: one table for the picture, the timeline, the legend and the style sheet.
import type { RecordKind } from './record.js';

export interface KindLook {
  readonly label: string;
  /** On dark ground, and over pictures. */
  readonly color: string;
  readonly colorOnLight: string;
  /** For the legend. */
  readonly title: string;
}

/** In the order of the legend: what cost least first. */
export const kKinds: Readonly<Record<RecordKind, KindLook>> = {
  skipped: { label: 'skipped', color: '#3f8fa6', colorOnLight: '#2b7489', title: 'The gate found that the model need not run' },
  reused: { label: 'reused', color: '#6fcf97', colorOnLight: '#1f9d5a', title: 'An earlier answer serves' },
  exited: { label: 'early exit', color: '#d9e27a', colorOnLight: '#858a00', title: 'An early exit of the model was sure enough' },
  split: { label: 'split', color: '#ff8fa3', colorOnLight: '#d6456b', title: 'The model ran half here, half on the server' },
  remote: { label: 'on the server', color: '#ffb454', colorOnLight: '#d07f00', title: 'The full model ran on the server' },
  local: { label: 'in this page', color: '#b592f2', colorOnLight: '#7c4fd0', title: 'The full model ran in this page' },
  lost: { label: 'dropped', color: '#5b6470', colorOnLight: '#98a2ae', title: 'A newer frame took its place while the model was busy, or it failed' },
};

export const kKindNames = Object.keys(kKinds) as readonly RecordKind[];

/** Makes the colours known to the style sheet, as --skipped and so on. */
export function publishColors(): void {
  for (const kind of kKindNames) {
    const { color, colorOnLight } = kKinds[kind];
    document.documentElement.style.setProperty(`--${kind}`, `light-dark(${colorOnLight}, ${color})`);
  }
}
