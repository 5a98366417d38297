// The small canvas: a picture that is dropped, chosen, taken by the camera or from a video, or drawn. Says when there is another one.
import { openCamera } from '../source/camera.js';
import type { Frames } from '../source/frames.js';
import { openSample } from '../source/sample.js';

const kBrushShare = 0.06; // of the canvas's side

export interface EaselEvents {
  changed(): void;
  /** What keeps a picture away, as a sentence. */
  failed(sentence: string): void;
  /** What plays now, of the page's own sources; undefined: nothing, or a video of the visitor's. */
  playing(source: EaselSource | undefined): void;
}

export type EaselSource = 'camera' | 'sample';

const kOpen: Readonly<Record<EaselSource, () => Promise<Frames>>> = {
  camera: openCamera,
  sample: () => openSample(new URL('footage/stream.mp4', document.baseURI).href),
};

export class Easel {
  readonly canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #events: EaselEvents;
  #frames: Frames | undefined;
  #plays = 0; // which play is under way; 0: none
  #lastPlay = 0;
  brush = '#26456e';

  constructor(canvas: HTMLCanvasElement, events: EaselEvents) {
    this.canvas = canvas;
    this.#context = canvas.getContext('2d', { willReadFrequently: true })!;
    this.#events = events;
    this.#takeDrops();
    this.#takeStrokes();
  }

  get picture(): ImageData {
    return this.#context.getImageData(0, 0, this.canvas.width, this.canvas.height);
  }

  clear(): void {
    this.stop();
    this.#blank();
    this.#events.changed();
  }

  /** An aeroplane in the sky, so that there is something to begin with. */
  sketch(): void {
    this.stop();
    const { width, height } = this.canvas;
    const c = this.#context;
    const sky = c.createLinearGradient(0, 0, 0, height);
    sky.addColorStop(0, '#5f9fdc');
    sky.addColorStop(1, '#d9ecf8');
    c.fillStyle = sky;
    c.fillRect(0, 0, width, height);
    c.save();
    c.scale(width / 256, height / 256);
    c.fillStyle = '#f4f6f8';
    c.strokeStyle = '#6b7785';
    c.lineWidth = 3;
    const shape = (points: readonly (readonly [number, number])[]): void => {
      c.beginPath();
      for (const [x, y] of points) c.lineTo(x, y);
      c.closePath();
      c.fill();
      c.stroke();
    };
    shape([
      [22, 146],
      [40, 132],
      [190, 112],
      [226, 114],
      [238, 124],
      [224, 136],
      [60, 156],
    ]);
    shape([
      [116, 126],
      [84, 66],
      [104, 66],
      [160, 118],
    ]);
    shape([
      [120, 142],
      [92, 204],
      [114, 202],
      [168, 132],
    ]);
    shape([
      [34, 136],
      [18, 94],
      [36, 94],
      [62, 130],
    ]);
    c.restore();
    this.#events.changed();
  }

  async show(file: Blob): Promise<void> {
    this.stop();
    if (file.type.startsWith('video/')) return this.#showVideo(file);
    try {
      const bitmap = await createImageBitmap(file);
      this.#place(bitmap, bitmap.width, bitmap.height);
      bitmap.close();
    } catch {
      return this.#events.failed('This file is no picture that the browser can show.');
    }
    this.#events.changed();
  }

  /** Shows what the camera sees, or the sample stream in a loop, until it is stopped. */
  async start(source: EaselSource): Promise<void> {
    this.stop();
    this.#events.playing(source);
    await this.#play(kOpen[source]);
  }

  /** The last picture stays. */
  stop(): void {
    this.#plays = 0;
    this.#frames?.stop();
    this.#frames = undefined;
    this.#events.playing(undefined);
  }

  async #showVideo(file: Blob): Promise<void> {
    const url = URL.createObjectURL(file);
    await this.#play(() => openSample(url, 'This video'));
    URL.revokeObjectURL(url);
  }

  /** Until it is stopped or another source takes its place. */
  async #play(openFrames: () => Promise<Frames>): Promise<void> {
    const mine = (this.#plays = ++this.#lastPlay);
    try {
      const frames = await openFrames();
      if (this.#plays !== mine) return frames.stop();
      this.#frames = frames;
      await frames.play();
      for await (const bitmap of frames) {
        if (this.#plays === mine) this.#place(bitmap, bitmap.width, bitmap.height);
        bitmap.close();
        if (this.#plays === mine) this.#events.changed();
      }
    } catch (error) {
      if (this.#plays !== mine) return;
      this.#events.failed(error instanceof Error ? error.message : String(error));
      this.stop();
    }
  }

  #blank(): void {
    this.#context.fillStyle = '#fff';
    this.#context.fillRect(0, 0, this.canvas.width, this.canvas.height);
  }

  // The middle square of the picture fills the canvas.
  #place(source: CanvasImageSource, width: number, height: number): void {
    const side = Math.min(width, height);
    this.#blank();
    this.#context.imageSmoothingQuality = 'high';
    this.#context.drawImage(source, (width - side) / 2, (height - side) / 2, side, side, 0, 0, this.canvas.width, this.canvas.height);
  }

  #takeDrops(): void {
    const over =
      (on: boolean) =>
      (event: DragEvent): void => {
        event.preventDefault();
        this.canvas.classList.toggle('over', on);
      };
    document.addEventListener('dragover', over(true));
    document.addEventListener('dragleave', over(false));
    document.addEventListener('drop', (event) => {
      over(false)(event);
      const file = event.dataTransfer?.files[0];
      if (file !== undefined) void this.show(file);
    });
  }

  #takeStrokes(): void {
    let last: readonly [number, number] | undefined;
    const at = (event: PointerEvent): readonly [number, number] => {
      const { left, top, width, height } = this.canvas.getBoundingClientRect();
      return [((event.clientX - left) / width) * this.canvas.width, ((event.clientY - top) / height) * this.canvas.height];
    };
    const stroke = (event: PointerEvent): void => {
      const to = at(event);
      const c = this.#context;
      c.strokeStyle = this.brush;
      c.lineCap = 'round';
      c.lineWidth = this.canvas.width * kBrushShare;
      c.beginPath();
      c.moveTo(...(last ?? to));
      c.lineTo(...to);
      c.stroke();
      last = to;
      this.#events.changed();
    };
    this.canvas.addEventListener('pointerdown', (event) => {
      this.stop();
      this.canvas.setPointerCapture(event.pointerId);
      last = undefined;
      stroke(event);
    });
    this.canvas.addEventListener('pointermove', (event) => {
      if (this.canvas.hasPointerCapture(event.pointerId)) stroke(event);
    });
  }
}
