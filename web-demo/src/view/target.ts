// The slider for the accuracy target: one stop for each operating point that the bundle was calibrated for, and a last one at
// which nothing is skipped.
import type { Gate, OperatingPoint } from 'sluice';

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
  show(points[Number(kSlider.value)]);
  kSlider.oninput = async () => {
    const point = points[Number(kSlider.value)];
    show(point);
    onChange(await gate.setAccuracyTarget(point?.target ?? 1));
  };
}

function show(point: OperatingPoint | undefined): void {
  kValue.textContent = point === undefined ? '100 %' : `≥ ${percent(point.target)}`;
  kNote.textContent =
    point === undefined
      ? 'Every frame runs the model.'
      : `With ${percent(point.confidence)} confidence. This skips ${percent(point.filterRate)} of the calibration footage.`;
}
