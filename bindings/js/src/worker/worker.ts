// The package's worker in browsers. A module that a library runs in workers of its own (ONNX Runtime Web's threads run the
// script they were started from) must not start an engine there, hence the check of the name that open() gives.
import type { ToEngine } from './protocol.js';
import { serve } from './serve.js';
import { SluiceError } from '../errors.js';
import { browserTarget } from '../targets/browser.js';

interface WorkerScope {
  readonly name: string;
  onmessage: ((event: MessageEvent<ToEngine>) => void) | null;
  postMessage(message: unknown, transfer: Transferable[]): void;
}

const scope = globalThis as unknown as WorkerScope & { readonly document?: unknown };
if (scope.document === undefined && 'postMessage' in scope && (scope.name === 'sluice' || scope.name === '')) {
  const target = browserTarget(() => {
    throw new SluiceError('internal', 'the worker starts no worker');
  });
  const handle = serve(target, { post: (message, transfer = []) => scope.postMessage(message, transfer) });
  scope.onmessage = (event) => handle(event.data);
  scope.postMessage({ type: 'listening' }, []);
}

export {};
