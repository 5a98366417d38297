// The one error class of the package. `code` is stable and comes from the table that C++, C and the wire share; `hint` says
// what to change; `url` is set where a file or an address is at fault; `cause` is what was caught underneath.
import { errorTable, type ErrorCategory, type ErrorCode } from './error-table.js';
import type { Signal } from './platform-types.js';

export interface SluiceErrorDetails {
  readonly url?: string | undefined;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  /** Milliseconds after which the server said a retry makes sense; 0 without advice. */
  readonly retryAfterMs?: number | undefined;
}

/** What crosses a worker boundary in the place of a SluiceError. */
export interface SerializedError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly url?: string | undefined;
  readonly hint?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: string | undefined;
}

export class SluiceError extends Error {
  readonly code: ErrorCode;
  readonly category: ErrorCategory;
  readonly hint: string;
  readonly url: string | undefined;
  readonly retryAfterMs: number;

  constructor(code: ErrorCode, message: string, details: SluiceErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    // A cancelled call looks like every other aborted call of the platform.
    this.name = code === 'cancelled' ? 'AbortError' : 'SluiceError';
    this.code = code;
    this.category = errorTable[code].category;
    this.hint = details.hint ?? errorTable[code].hint;
    this.url = details.url;
    this.retryAfterMs = details.retryAfterMs ?? 0;
  }

  serialize(): SerializedError {
    const { code, message, url, hint, retryAfterMs } = this;
    return { code, message, url, hint, retryAfterMs, cause: this.cause === undefined ? undefined : describe(this.cause) };
  }

  static deserialize(from: SerializedError): SluiceError {
    return new SluiceError(from.code, from.message, from);
  }
}

const names = new Map<number, ErrorCode>((Object.keys(errorTable) as ErrorCode[]).map((name) => [errorTable[name].status, name]));

/** The name of a status of the C interface; 'internal' for a number that the table does not have. */
export function errorCodeOf(status: number): ErrorCode {
  return names.get(status) ?? 'internal';
}

/** Any thrown value as a SluiceError; one that is none becomes `code` with the value as its cause. */
export function toSluiceError(thrown: unknown, code: ErrorCode = 'internal', details: SluiceErrorDetails = {}): SluiceError {
  if (thrown instanceof SluiceError) return thrown;
  return new SluiceError(code, describe(thrown), { ...details, cause: thrown });
}

/** A thrown value in one line. DOM events, which some platforms reject with, have no message of their own. */
export function describe(thrown: unknown): string {
  try {
    return text(thrown);
  } catch {
    return 'a value that has no text'; // an object without a prototype, or whose message throws in its turn
  }
}

function text(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message || thrown.name;
  if (typeof thrown === 'string') return thrown;
  if (typeof thrown === 'object' && thrown !== null && 'message' in thrown) return String(thrown.message);
  if (typeof thrown === 'object' && thrown !== null && 'type' in thrown) return `event '${String(thrown.type)}'`;
  return String(thrown);
}

/** The error of an aborted call. */
export function aborted(signal: Signal, what: string): SluiceError {
  return new SluiceError('cancelled', `${what} was aborted`, { cause: signal.reason });
}
