// Arrays whose memory is gone: their buffer was transferred, or shrunk to below them. The platform shows them as empty, or throws a
// TypeError that names nothing; the user is told which of his arrays it is.
import type { ErrorCode } from './error-table.js';
import { SluiceError } from './errors.js';

type View = ArrayBufferView & { slice(start: number, end: number): unknown };

/** Throws `code` for an array or a buffer that has lost its memory; `what` is its name to the user. */
export function requireAttached(given: View | ArrayBuffer, what: string, code: ErrorCode): void {
  if (hasMemory(given)) return;
  throw new SluiceError(code, `${what} has lost its memory: its buffer was transferred, or shrunk to below it`, {
    hint: `pass ${what} before its buffer is transferred, or a copy of it: slice()`,
  });
}

// Not by `detached`, which not every runtime has and which says nothing about shrunk buffers: what checks an array throws.
function hasMemory(given: View | ArrayBuffer): boolean {
  try {
    (ArrayBuffer.isView(given) ? given : new Uint8Array(given)).slice(0, 0);
    return true;
  } catch {
    return false;
  }
}
