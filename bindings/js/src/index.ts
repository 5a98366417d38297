// The package's entry in browsers. Importing it does nothing; open() loads and starts what it needs.
export { SluiceError, type SerializedError, type SluiceErrorDetails } from './errors.js';
export { errorTable, type ErrorCategory, type ErrorCode, type ErrorInfo } from './error-table.js';
export type * from './types.js';
