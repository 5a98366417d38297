// The slider for the accuracy target: one stop for each operating point that the bundle was calibrated for, and a last one at
// which nothing is skipped.
import type { BundleInfo, Gate, OperatingPoint } from 'sluice';

import { element } from './element.js';

const kSlider = element<HTMLInputElement>('target');
const kValue = element<HTMLOutputElement>('target-value');
const kNote = element('target-note');

export function percent(share: number): string {
  return `${Number((100 * share).toFixed(1))} %`;
}

/** Fills the slider from the gate's bundle and keeps it in step; returns the target in force. */
export function bindTarget(gate: Gate, initial: number, onChange: (target: number) => void): void {
  const points = gate.bundle.operatingPoints;
  const start = points.findIndex((point) => point.target >= initial - 1e-6);
  kSlider.max = String(points.length);
  kSlider.value = String(start < 0 ? points.length : start);
  kSlider.disabled = points.length === 0;
  show(gate.bundle, points[Number(kSlider.value)]);
  kSlider.oninput = async () => {
    const point = points[Number(kSlider.value)];
    show(gate.bundle, point);
    onChange(await gate.setAccuracyTarget(point?.target ?? 1));
  };
}

function show(bundle: BundleInfo, point: OperatingPoint | undefined): void {
  kValue.textContent = point === undefined ? '100 %' : `≥ ${percent(point.target)}`;
  kNote.textContent =
    point === undefined ? 'Every frame runs the model.' : `With ${percent(point.confidence)} confidence. ${sharesOf(bundle, 1 - point.target)}`;
}

/** Who may spend how much of the errors that the target allows. */
function sharesOf({ questions }: BundleInfo, allowed: number): string {
  const whole = questions.reduce((sum, { errorShare }) => sum + errorShare, 0);
  const shares = questions.map(({ kind, errorShare }) => `${kind} ${percent((allowed * errorShare) / whole)}`);
  return `Frames that may differ: ${shares.join(', ')}.`;
}
