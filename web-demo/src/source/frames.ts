// A source of frames for the pipeline: an async iterable of pictures that ends when it is stopped. Each ImageBitmap belongs
// to whoever takes it from the iterable.

export interface Frames extends AsyncIterable<ImageBitmap> {
  readonly width: number;
  readonly height: number;
  pause(paused: boolean): void;
  stop(): void;
}

export class SourceError extends Error {}
