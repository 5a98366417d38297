// One run of a source through the gate: takes frames, keeps each picture until its answer comes, and hands both to the page.
import type { Gate, StreamItem } from 'sluice';

import type { FrameRecord } from './record.js';
import type { Frames } from './source/frames.js';

/** `picture` is closed when the call returns. */
export type FrameListener = (item: StreamItem, record: FrameRecord, picture: ImageBitmap) => void;

/** Ends when the source stops, or with the error that ended the stream. Nothing is heard of a frame once `signal` is aborted. */
export async function play(gate: Gate, frames: Frames, onFrame: FrameListener, signal: AbortSignal): Promise<void> {
  const pictures = new Map<number, ImageBitmap>();
  async function* kept(): AsyncGenerator<ImageBitmap> {
    let index = 0;
    for await (const picture of frames) {
      pictures.set(index++, picture);
      yield picture;
    }
  }
  try {
    for await (const item of gate.stream(kept(), { signal, closeFrames: false })) {
      const picture = pictures.get(item.index);
      pictures.delete(item.index);
      if (picture === undefined) continue;
      if (!signal.aborted) onFrame(item, recordOf(item), picture); // what was answered just before still comes
      picture.close();
    }
  } finally {
    frames.stop();
    for (const picture of pictures.values()) picture.close();
  }
}

export function recordOf(item: StreamItem): FrameRecord {
  const { cost } = item;
  const shared = { gateMs: cost.gateMs, bytesUp: cost.bytesUp };
  if (item.kind === 'failed') {
    const reason = `${item.error.code}: ${item.error.message}`;
    return {
      ...shared,
      kind: 'lost',
      reason,
      score: Number.NaN,
      threshold: Number.NaN,
      faces: 0,
      modelMs: 0,
      answerMs: 0,
      superseded: item.error.code === 'superseded',
    };
  }
  const { kind, score, threshold, reason } = item;
  const modelMs = cost.encodeMs + cost.roundTripMs + cost.localComputeMs; // of the stages that took place
  const answerMs = cost.gateMs + cost.waitMs + modelMs;
  const { placement } = item;
  return { ...shared, kind, score, threshold, reason, faces: item.detections.length, modelMs, answerMs, superseded: false, placement };
}
