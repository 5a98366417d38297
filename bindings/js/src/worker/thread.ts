// A thread of the module in browsers.
import type { ToThread } from '../bindings/threads.js';
import { serveThread } from './thread-main.js';

interface WorkerScope {
  onmessage: ((event: MessageEvent<ToThread>) => void) | null;
  postMessage(message: unknown): void;
}

const scope = globalThis as unknown as WorkerScope & { readonly document?: unknown };
if (scope.document === undefined && 'postMessage' in scope) {
  const handle = serveThread((message) => scope.postMessage(message));
  scope.onmessage = (event) => handle(event.data);
}

export {};
