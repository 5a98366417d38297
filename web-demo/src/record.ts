// What the page remembers of one frame: which answer it got and what that cost. The views and the sums read only this.
import type { Placement, ResultKind } from 'sluice';

/** 'lost': replaced by a newer frame while the model was busy, or failed. */
export type RecordKind = ResultKind | 'lost';

export interface FrameRecord {
  readonly kind: RecordKind;
  readonly reason: string;
  /** Of the question that decided, at least 0; NaN when none was asked. */
  readonly score: number;
  readonly threshold: number;
  readonly faces: number;
  readonly gateMs: number;
  /** From the end of the gate to the boxes; 0 for frames that the model did not see. */
  readonly modelMs: number;
  readonly bytesUp: number;
  /** From the frame's coming to its answer; 0 for those that got none. */
  readonly answerMs: number;
  /** Lost to a newer frame. */
  readonly superseded: boolean;
  /** Of one whose way was chosen. */
  readonly placement?: Placement | undefined;
}
