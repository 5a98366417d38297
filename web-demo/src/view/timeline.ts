// The running timeline: one bar for each frame, newest at the right, coloured by its answer, as high as the gate's score,
// with the threshold that was in force drawn across. Pointing at a bar shows why the frame got its answer.
import { kKinds } from '../kinds.js';
import type { FrameRecord } from '../record.js';

const kBarWidth = 4;
const kGap = 1;
const kPad = 6;

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
  }

  add(record: FrameRecord): void {
    this.#records.push(record);
    const room = this.#room();
    if (this.#records.length > 4 * room) this.#records.splice(0, this.#records.length - room);
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
    const level = (score: number): number => height - kPad - score * (height - 2 * kPad);
    shown.forEach((record, index) => {
      const x = left + index * (kBarWidth + kGap);
      const top = Number.isNaN(record.score) ? height - 14 : Math.min(level(record.score), height - 14);
      context.fillStyle = kKinds[record.kind].color;
      context.beginPath();
      context.roundRect(x, top, kBarWidth, height - kPad - top, 1.5);
      context.fill();
      if (record.faces > 0) {
        context.fillStyle = '#ffffff';
        context.fillRect(x, height - 3, kBarWidth, 3);
      }
    });
    this.#drawThreshold(context, shown, left, level);
  }

  #drawThreshold(context: CanvasRenderingContext2D, shown: FrameRecord[], left: number, level: (score: number) => number): void {
    context.strokeStyle = '#cfd8e3';
    context.lineWidth = 1.2;
    context.setLineDash([5, 4]);
    context.beginPath();
    let down = false;
    shown.forEach((record, index) => {
      if (Number.isNaN(record.score)) return;
      const x = left + index * (kBarWidth + kGap);
      const y = level(record.threshold);
      if (down) context.lineTo(x, y);
      else context.moveTo(x, y);
      context.lineTo(x + kBarWidth + kGap, y);
      down = true;
    });
    context.stroke();
    context.setLineDash([]);
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
