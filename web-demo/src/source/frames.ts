// A source of frames for the pipeline: an async iterable of pictures that ends when it is stopped. Each ImageBitmap belongs
// to whoever takes it from the iterable.

export interface Frames extends AsyncIterable<ImageBitmap> {
  readonly width: number;
  readonly height: number;
  /** What the source shows now, to be drawn until the first answer comes. */
  readonly poster: CanvasImageSource;
  /** Before the first frame is taken; throws PlayRefused where the browser wants the visitor to press something. */
  play(): Promise<void>;
  pause(paused: boolean): void;
  /** Goes on with footage of another kind, where there is some. */
  jump?(): void;
  stop(): void;
}

export class SourceError extends Error {}

/** The browser plays nothing before the visitor has pressed something. */
export class PlayRefused extends Error {}
