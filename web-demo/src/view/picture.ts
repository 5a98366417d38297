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
    context.strokeStyle = context.fillStyle = kKinds[kind].color;
    context.lineWidth = Math.max(2, frame.width / 400);
    context.font = `600 ${Math.max(12, Math.round(frame.width / 60))}px system-ui, sans-serif`;
    for (const box of boxes) this.#drawBox(box);
    this.#verdict.textContent = caption;
    this.#verdict.dataset['kind'] = kind;
  }

  #size(width: number, height: number): void {
    if (this.#canvas.width === width && this.#canvas.height === height) return;
    this.#canvas.width = width;
    this.#canvas.height = height;
  }

  #drawBox({ x0, y0, x1, y1, score, landmarks }: Box): void {
    const context = this.#context;
    context.beginPath();
    context.roundRect(x0, y0, x1 - x0, y1 - y0, 6);
    context.stroke();
    for (const { x, y } of landmarks) {
      context.beginPath();
      context.arc(x, y, context.lineWidth, 0, 2 * Math.PI);
      context.fill();
    }
    context.fillText(`${Math.round(100 * score)} %`, x0 + 4, Math.max(14, y0 - 6));
  }
}
