// The package's entry in browsers. Importing it does nothing; open() loads and starts what it needs.
import { makeOpen } from './open.js';
import { makeOpenDeviceHalf } from './open-device-half.js';
import { makeOpenFilter } from './open-filter.js';
import { pageTarget } from './targets/page.js';
import type { Open, OpenDeviceHalf, OpenFilter } from './types.js';

/**
 * Opens a bundle: `bundle` is the address of its folder or manifest, or its parts. The gate then answers frames by infer() and
 * stream(). Rejects with a SluiceError whose `code` says what went wrong and whose `hint` says what to change.
 */
export const open: Open = makeOpen(pageTarget);

/** Opens a bundle's SKIP filter alone, in a module of 90 kB: a frame in, a verdict out. No server, no model, no worker. */
export const openFilter: OpenFilter = makeOpenFilter(pageTarget);

/** Opens the device half of a bundle whose model is in two halves, alone: what it guesses of a picture, and what it would send. */
export const openDeviceHalf: OpenDeviceHalf = makeOpenDeviceHalf(pageTarget);

export { SluiceError, type SerializedError, type SluiceErrorDetails } from './errors.js';
export { errorTable, type ErrorCategory, type ErrorCode, type ErrorInfo } from './error-table.js';
export type * from './types.js';
