// The slider for the accuracy target: one stop for each operating point that the bundle was calibrated for and at which it answers
// anything, and a last one at which it does not.
import type { BundleInfo, OperatingPoint } from 'sluice';

import { spendingOf } from '../budget.js';
import { element } from './element.js';

const kSlider = element<HTMLInputElement>('target');
const kValue = element<HTMLOutputElement>('target-value');
const kNote = element('target-note');

export function percent(share: number): string {
  return `${Number((100 * share).toFixed(1))}\u00a0%`; // one word, not to be broken
}

/** Fills the slider from the bundle; `onChange` gets each target that is chosen. */
export function bindTarget(bundle: BundleInfo, initial: number, onChange: (target: number) => void): void {
  const points = bundle.operatingPoints.filter(({ target }) => answers(bundle, target));
  const start = points.findIndex((point) => point.target >= initial - 1e-6);
  kSlider.max = String(points.length);
  kSlider.value = String(start < 0 ? points.length : start);
  kSlider.disabled = points.length === 0;
  show(bundle, points[Number(kSlider.value)]);
  kSlider.oninput = () => {
    const point = points[Number(kSlider.value)];
    show(bundle, point);
    onChange(point?.target ?? 1);
  };
}

function answers({ questions }: BundleInfo, target: number): boolean {
  return spendingOf(questions, target).some(({ share }) => share > 0);
}

function show({ questions }: BundleInfo, point: OperatingPoint | undefined): void {
  kValue.textContent = point === undefined ? '100 %' : `≥ ${percent(point.target)}`;
  if (point === undefined) {
    kNote.textContent = 'Every frame runs the model.';
    return;
  }
  const spent = spendingOf(questions, point.target).map(({ kind, share }) => `${kind} ${share > 0 ? percent(share) : 'none, no threshold is that strict'}`);
  kNote.textContent = `With ${percent(point.confidence)} confidence. Frames that may differ: ${spent.join('; ')}.`;
}
