// The live promise, drawn as it goes: agreement by estimate and with its margin against the target, what is proven as a band, the threshold as it
// moves, alarms as strokes. Asks the gate twice a second while one is kept.
import type { Gate, PromiseStanding } from 'sluice';

import { auditsSentence, PromiseCourse, stateSentence, stateWords, thresholdsSentence, type PromiseMark } from '../promise.js';
import { element } from './element.js';
import { percent } from './target.js';

const kAskMs = 500;
const kPad = 4;
const kFields = {
  panel: element('promise'),
  state: element('promise-state'),
  canvas: element<HTMLCanvasElement>('promise-course'),
  agreement: element('promise-agreement'),
  proven: element('promise-proven'),
  spent: element('promise-spent'),
  words: element('promise-words'),
  thresholds: element('promise-thresholds'),
  audits: element('promise-audits'),
};
const kLight = matchMedia('(prefers-color-scheme: light)');

export class PromiseView {
  readonly #course = new PromiseCourse();
  #timer: ReturnType<typeof setInterval> | undefined;
  #target = 1;

  /** `gate` keeps one live; undefined: none is kept. */
  show(gate: Gate | undefined): void {
    clearInterval(this.#timer);
    this.#course.clear();
    kFields.panel.hidden = gate === undefined;
    if (gate === undefined) return;
    const ask = (): void => {
      gate.promise().then(
        (standing) => this.#took(standing),
        () => clearInterval(this.#timer), // the gate was closed
      );
    };
    ask();
    this.#timer = setInterval(ask, kAskMs);
  }

  /** Another target: what was spent is counted anew. */
  beginAnew(): void {
    this.#course.clear();
  }

  #took(standing: PromiseStanding | undefined): void {
    kFields.panel.dataset['state'] = standing?.state ?? 'none';
    if (standing === undefined) {
      kFields.state.textContent = 'nothing to promise';
      kFields.words.textContent = 'Every frame runs the model.';
      return;
    }
    this.#target = standing.target;
    this.#course.add(standing);
    kFields.state.textContent = stateWords[standing.state];
    kFields.agreement.textContent = percent(standing.agreement);
    kFields.proven.textContent = `≥ ${percent(standing.provenLeast)}`;
    kFields.spent.textContent = `${standing.errorsSpent.toFixed(1)} of ${standing.errorsAllowed.toFixed(1)}`;
    kFields.words.textContent = stateSentence(standing) + (standing.alarms > 0 ? ` ${standing.alarms} alarms so far.` : '');
    kFields.thresholds.textContent = thresholdsSentence(standing);
    kFields.audits.textContent = auditsSentence(standing);
    this.#draw();
  }

  #draw(): void {
    const { clientWidth: width, clientHeight: height } = kFields.canvas;
    if (width === 0) return;
    const ratio = devicePixelRatio;
    kFields.canvas.width = Math.round(width * ratio);
    kFields.canvas.height = Math.round(height * ratio);
    const context = kFields.canvas.getContext('2d')!;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const marks = this.#course.marks;
    const last = marks.at(-1)?.inputs ?? 1;
    // From twice what the target allows below it up to all.
    const floor = Math.max(0, 1 - 3 * (1 - this.#target));
    const x = ({ inputs }: PromiseMark): number => kPad + (inputs / Math.max(1, last)) * (width - 2 * kPad);
    const y = (share: number): number => kPad + ((1 - Math.max(floor, share)) / (1 - floor)) * (height - 2 * kPad);
    const style = getComputedStyle(document.documentElement);
    const [quiet, good, accent, bad] = ['--quiet', '--good', '--accent', '--bad'].map((name) => canvasColour(style.getPropertyValue(name))) as [
      string,
      string,
      string,
      string,
    ];
    band(
      context,
      marks,
      x,
      (mark) => y(mark.provenMost),
      (mark) => y(mark.provenLeast),
      quiet,
      0.16,
    );
    band(
      context,
      marks,
      x,
      (mark) => y(mark.agreement),
      (mark) => y(mark.withMargin),
      good,
      0.3,
    );
    line(context, marks, x, (mark) => y(mark.agreement), good, 2);
    line(context, marks, x, (mark) => height - kPad - Math.min(1, mark.threshold) * (height - 2 * kPad), quiet, 1);
    context.setLineDash([5, 4]);
    line(context, marks.length > 1 ? [marks[0]!, marks.at(-1)!] : [], x, () => y(this.#target), accent, 1.5);
    context.setLineDash([]);
    marks.forEach((mark, i) => {
      if (i === 0 || mark.alarms === marks[i - 1]!.alarms) return;
      context.fillStyle = bad;
      context.fillRect(x(mark) - 1, kPad, 2, height - 2 * kPad);
    });
  }
}

/** A custom property says light-dark(a, b), which a canvas does not know. */
function canvasColour(property: string): string {
  const both = /light-dark\(\s*(#[0-9a-f]+)\s*,\s*(#[0-9a-f]+)\s*\)/i.exec(property);
  if (both === null) return property.trim();
  return kLight.matches ? both[1]! : both[2]!;
}

type At = (mark: PromiseMark) => number;

function line(context: CanvasRenderingContext2D, marks: readonly PromiseMark[], x: At, y: At, colour: string, width: number): void {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.beginPath();
  marks.forEach((mark, i) => (i === 0 ? context.moveTo(x(mark), y(mark)) : context.lineTo(x(mark), y(mark))));
  context.stroke();
}

function band(context: CanvasRenderingContext2D, marks: readonly PromiseMark[], x: At, high: At, low: At, colour: string, alpha: number): void {
  if (marks.length < 2) return;
  context.beginPath();
  marks.forEach((mark, i) => (i === 0 ? context.moveTo(x(mark), high(mark)) : context.lineTo(x(mark), high(mark))));
  for (const mark of marks.toReversed()) context.lineTo(x(mark), low(mark));
  context.globalAlpha = alpha;
  context.fillStyle = colour;
  context.fill();
  context.globalAlpha = 1;
}
