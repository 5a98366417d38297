// Which ways a model with early exits takes on this device: a function of what was chosen and of what the bundle has.
import type { EngineSettings } from '../worker/protocol.js';

/** What a bundle has. */
export interface StagesThere {
  readonly exits: boolean;
  /** A place where a device stops and a server goes on. */
  readonly cut: boolean;
}

export interface StagesPlan {
  /** It may run to its end here, by stages. */
  readonly toEnd: boolean;
  /** Its first stages run here, and a server goes on from the cut. */
  readonly toCut: boolean;
}

export function planStages({ place, engine, exits, split }: EngineSettings, there: StagesThere): StagesPlan {
  const wanted = engine === 'sluice' && exits;
  return { toEnd: wanted && there.exits && place !== 'remote', toCut: wanted && there.cut && split && place !== 'local' };
}
