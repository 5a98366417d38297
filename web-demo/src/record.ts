// What the page remembers of one frame: which answer it got and what that cost. The views and the sums read only this.

export type RecordKind = 'skipped' | 'remote' | 'local' | 'lost';

export interface FrameRecord {
  readonly kind: RecordKind;
  readonly reason: string;
  /** The gate's score in [0, 1]; NaN when the gate was not asked. */
  readonly score: number;
  readonly threshold: number;
  readonly faces: number;
  readonly gateMs: number;
  /** From the end of the gate to the boxes; 0 for skipped frames. */
  readonly modelMs: number;
  readonly bytesUp: number;
}
