// A way to classify what lies on the easel: a model in two halves, or one with early exits. Each has sections of the page of its own.
export interface Mode {
  /** Between pictures that come faster. */
  readonly pauseMs: number;
  /** Loads what it needs; rejects where it cannot. */
  start(): Promise<void>;
  /** Another picture; what is under way for the one before it is given up. */
  classify(): Promise<void>;
  dispose(): Promise<void>;
}
