// Frames of a <video> element, one bitmap for each frame that the browser presents. A frame that nobody asked for in time is
// not made: the loop waits for the consumer first, then for the next presented frame.
import { type Frames, PlayRefused } from './frames.js';

const kLongestSide = 960;

export class VideoFrames implements Frames {
  readonly width: number;
  readonly height: number;
  readonly #video: HTMLVideoElement;
  readonly #release: () => void;
  #stopped = false;
  #wake: (() => void) | undefined;

  constructor(video: HTMLVideoElement, release: () => void) {
    const scale = Math.min(1, kLongestSide / Math.max(video.videoWidth, video.videoHeight));
    this.width = Math.round(video.videoWidth * scale);
    this.height = Math.round(video.videoHeight * scale);
    this.#video = video;
    this.#release = release;
  }

  get poster(): CanvasImageSource {
    return this.#video;
  }

  async play(): Promise<void> {
    try {
      await this.#video.play();
    } catch (error) {
      if (this.#stopped) return;
      if (error instanceof DOMException && error.name === 'NotAllowedError') throw new PlayRefused('press play', { cause: error });
      throw error;
    }
  }

  pause(paused: boolean): void {
    if (paused) this.#video.pause();
    else void this.#video.play().catch(() => undefined); // paused again, or stopped, before it went on
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#video.pause();
    this.#release();
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ImageBitmap> {
    while (!this.#stopped) {
      await this.#nextPresented();
      if (this.#stopped) return;
      const picture = await this.#read();
      if (picture !== undefined) yield picture;
    }
  }

  /** undefined where the frame went before it was read: while a video begins again it has none. */
  async #read(): Promise<ImageBitmap | undefined> {
    try {
      return await createImageBitmap(this.#video, { resizeWidth: this.width, resizeHeight: this.height });
    } catch (error) {
      if (this.#video.seeking || this.#video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return undefined;
      throw error;
    }
  }

  #nextPresented(): Promise<void> {
    return new Promise((resolve) => {
      const handle = this.#video.requestVideoFrameCallback(() => resolve());
      this.#wake = () => {
        this.#video.cancelVideoFrameCallback(handle);
        resolve();
      };
    });
  }
}
