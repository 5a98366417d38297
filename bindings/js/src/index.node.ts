// The package's entry in Node: the same names as in browsers; addresses may also be paths.
import { makeOpen } from './open.js';
import { makeOpenDeviceHalf } from './open-device-half.js';
import { makeOpenFilter } from './open-filter.js';
import { nodeTarget } from './targets/node.js';
import type { Open, OpenDeviceHalf, OpenFilter } from './types.js';

export const open: Open = makeOpen(nodeTarget);

export const openFilter: OpenFilter = makeOpenFilter(nodeTarget);

export const openDeviceHalf: OpenDeviceHalf = makeOpenDeviceHalf(nodeTarget);

export { SluiceError, type SerializedError, type SluiceErrorDetails } from './errors.js';
export { errorTable, type ErrorCategory, type ErrorCode, type ErrorInfo } from './error-table.js';
export type * from './types.js';
