// A trap of a module: an access outside its memory, an exhausted stack, an exception that left it, or its own exit. No C++ code
// catches these or cleans up after them, so the instance may be inconsistent: it is never called again, see heap.ts.
import { describe, SluiceError } from '../errors.js';

export class ModuleTrap extends SluiceError {
  constructor(thrown: unknown) {
    super('internal', `the module trapped: ${describe(thrown)}`, {
      cause: thrown,
      hint: 'a new instance of the module serves the frames that follow; report it with the message',
    });
  }
}
