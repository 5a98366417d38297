// The fields of a cost, in one place for everything that adds costs up or reports one where nothing was done.
import type { Cost } from './types.js';

/** The cost of an input that was not worked on. */
export const noCost: Cost = Object.freeze({
  gateMs: 0,
  encodeMs: 0,
  waitMs: 0,
  roundTripMs: 0,
  serverQueueMs: 0,
  serverDecodeMs: 0,
  serverComputeMs: 0,
  localComputeMs: 0,
  bytesUp: 0,
  bytesDown: 0,
  multiplyAdds: 0,
});

export const costFields = Object.keys(noCost) as readonly (keyof Cost)[];
