// The running timeline: one bar for each frame, newest at the right, coloured by its answer, as high as the score of the question
// that decided. Questions have scores of their own (a probability, a distance), so each is drawn in parts of its threshold, which
// lies across the middle: what ends below it was answered by the gate. Pointing at a bar shows why the frame got its answer.
import { kKinds } from '../kinds.js';
import type { FrameRecord, RecordKind } from '../record.js';

const kBarWidth = 4;
const kGap = 1;
const kPad = 6;
const kTop = 2; // thresholds at the upper edge; higher scores are cut off

/** As the style sheet's media query: a canvas has no part in that. */
const kLight = matchMedia('(prefers-color-scheme: light)');

export class Timeline {
  readonly #canvas: HTMLCanvasElement;
  readonly #tip: HTMLElement;
  readonly #records: FrameRecord[] = [];
  #scheduled = false;

  constructor(canvas: HTMLCanvasElement, tip: HTMLElement) {
    this.#canvas = canvas;
    this.#tip = tip;
    canvas.addEventListener('pointermove', (event) => this.#explain(event));
    canvas.addEventListener('pointerdown', (event) => this.#explain(event));
    canvas.addEventListener('pointerleave', () => (this.#tip.hidden = true));
    new ResizeObserver(() => this.#schedule()).observe(canvas);
    kLight.addEventListener('change', () => this.#schedule());
  }

  add(record: FrameRecord): void {
    this.#records.push(record);
    const room = this.#room();
    if (this.#records.length > 4 * room) this.#records.splice(0, this.#records.length - room);
    this.#schedule();
  }

  clear(): void {
    this.#records.length = 0;
    this.#tip.hidden = true;
    this.#schedule();
  }

  #room(): number {
    return Math.max(1, Math.floor(this.#canvas.clientWidth / (kBarWidth + kGap)));
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      this.#draw();
    });
  }

  #draw(): void {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const ratio = devicePixelRatio;
    if (this.#canvas.width !== Math.round(width * ratio) || this.#canvas.height !== Math.round(height * ratio)) {
      this.#canvas.width = Math.round(width * ratio);
      this.#canvas.height = Math.round(height * ratio);
    }
    const context = this.#canvas.getContext('2d')!;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const room = this.#room();
    const shown = this.#records.slice(-room);
    const left = width - shown.length * (kBarWidth + kGap);
    const level = (score: number): number => height - kPad - (Math.min(score, kTop) / kTop) * (height - 2 * kPad);
    shown.forEach((record, index) => {
      const x = left + index * (kBarWidth + kGap);
      const top = Number.isNaN(record.score) ? height - 14 : Math.min(level(inThresholds(record)), height - 14);
      context.fillStyle = colorOf(record.kind);
      context.beginPath();
      context.roundRect(x, top, kBarWidth, height - kPad - top, 1.5);
      context.fill();
      if (record.faces > 0) {
        context.fillStyle = kLight.matches ? '#1a2129' : '#ffffff';
        context.fillRect(x, height - 3, kBarWidth, 3);
      }
    });
    drawThreshold(context, left, width, level(1));
  }

  #explain(event: PointerEvent): void {
    const shown = this.#records.slice(-this.#room());
    const fromRight = Math.floor((this.#canvas.clientWidth - event.offsetX) / (kBarWidth + kGap));
    const record = shown[shown.length - 1 - fromRight];
    this.#tip.hidden = record === undefined;
    if (record === undefined) return;
    this.#tip.textContent = record.reason;
    this.#tip.dataset['kind'] = record.kind;
    const room = this.#canvas.clientWidth - this.#tip.offsetWidth;
    this.#tip.style.left = `${Math.max(16, Math.min(room, event.offsetX - this.#tip.offsetWidth / 2))}px`;
  }
}

/** A question with the threshold 0 answers nothing. */
function inThresholds({ score, threshold }: FrameRecord): number {
  return threshold > 0 ? score / threshold : kTop;
}

function colorOf(kind: RecordKind): string {
  return kLight.matches ? kKinds[kind].colorOnLight : kKinds[kind].color;
}

function drawThreshold(context: CanvasRenderingContext2D, left: number, right: number, y: number): void {
  context.strokeStyle = kLight.matches ? '#47525e' : '#cfd8e3';
  context.lineWidth = 1.2;
  context.setLineDash([5, 4]);
  context.beginPath();
  context.moveTo(left, y);
  context.lineTo(right, y);
  context.stroke();
  context.setLineDash([]);
}
