// The picture with its boxes: draws the very frame that was answered, so that boxes and faces never drift apart.
import { kKinds } from '../kinds.js';
import type { RecordKind } from '../record.js';

export interface Box {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
  readonly score: number;
  readonly landmarks: readonly { readonly x: number; readonly y: number }[];
}

const kLine = 2;
const kText = 12;
const kCorner = 6;

export class PictureView {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #verdict: HTMLElement;

  constructor(canvas: HTMLCanvasElement, verdict: HTMLElement) {
    this.#canvas = canvas;
    this.#context = canvas.getContext('2d', { alpha: false })!;
    this.#verdict = verdict;
  }

  /** A picture that has no answer yet. */
  poster(picture: CanvasImageSource, width: number, height: number): void {
    this.#size(width, height);
    this.#context.drawImage(picture, 0, 0, width, height);
    this.#verdict.textContent = '';
  }

  draw(frame: ImageBitmap, kind: RecordKind, boxes: readonly Box[], caption: string): void {
    this.#size(frame.width, frame.height);
    const context = this.#context;
    context.drawImage(frame, 0, 0);
    if (kind === 'skipped') {
      context.fillStyle = 'rgb(12 16 20 / 0.35)';
      context.fillRect(0, 0, frame.width, frame.height);
    }
    // In pixels of the screen, however large the frame is and however small it is shown.
    const scale = Math.max(frame.width / (this.#canvas.clientWidth || frame.width), frame.height / (this.#canvas.clientHeight || frame.height));
    context.strokeStyle = kKinds[kind].color;
    context.lineWidth = kLine * scale;
    context.font = `600 ${kText * scale}px system-ui, sans-serif`;
    context.textBaseline = 'middle';
    for (const box of boxes) this.#drawBox(box, kKinds[kind].color, scale);
    for (const box of boxes) this.#drawScore(box, kKinds[kind].color, scale); // over the lines of all boxes
    this.#verdict.textContent = caption;
    this.#verdict.dataset['kind'] = kind;
  }

  #size(width: number, height: number): void {
    if (this.#canvas.width === width && this.#canvas.height === height) return;
    this.#canvas.width = width;
    this.#canvas.height = height;
  }

  #drawBox({ x0, y0, x1, y1, landmarks }: Box, color: string, scale: number): void {
    const context = this.#context;
    context.beginPath();
    context.roundRect(x0, y0, x1 - x0, y1 - y0, kCorner * scale);
    context.stroke();
    context.fillStyle = color;
    for (const { x, y } of landmarks) {
      context.beginPath();
      context.arc(x, y, context.lineWidth, 0, 2 * Math.PI);
      context.fill();
    }
  }

  /** On a ground of its own, since anything may lie behind it: above the box, or inside it at the upper edge of the picture. */
  #drawScore({ x0, y0, score }: Box, color: string, scale: number): void {
    const context = this.#context;
    const text = `${Math.round(100 * score)} %`;
    const gap = 5 * scale;
    const width = context.measureText(text).width + 2 * gap;
    const height = (kText + 6) * scale;
    const half = context.lineWidth / 2; // so that it ends where the box's line does
    const above = y0 - half - height - 2 * scale;
    const fits = above >= 0;
    const x = Math.max(0, Math.min(fits ? x0 - half : x0 + gap, this.#canvas.width - width));
    const y = fits ? above : Math.max(0, y0) + gap;
    context.fillStyle = color;
    context.beginPath();
    context.roundRect(x, y, width, height, 4 * scale);
    context.fill();
    context.fillStyle = '#0c1014';
    context.fillText(text, x + gap, y + height / 2);
  }
}
