// The public types: what goes into open(), infer() and stream(), and what comes out. No code.
export type * from './types/gate.js';
export type * from './types/inputs.js';
export type * from './types/options.js';
export type * from './types/results.js';
export type * from './types/state.js';
export type * from './split/types.js';
