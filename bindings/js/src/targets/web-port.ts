// A Web Worker as a Port, and a failing one's event as words.
import type { Port } from '../bindings/threads.js';
import { SluiceError } from '../errors.js';

export function webPort(worker: Worker): Port {
  return {
    post: (message, transfer = []) => worker.postMessage(message, [...transfer]),
    listen: (onMessage, onFailure) => {
      worker.onmessage = (event: MessageEvent<unknown>) => onMessage(event.data);
      worker.onmessageerror = () => onFailure(new SluiceError('internal', "a worker's message could not be read"));
      worker.onerror = (event) => {
        event.preventDefault?.();
        // A worker whose file cannot be loaded reports an event without a message.
        const text = event.message || 'its file could not be loaded';
        onFailure(
          new SluiceError('unsupported_environment', `the worker failed: ${text}`, {
            url: event.filename || undefined,
            hint: "check that the worker's file is served, that worker-src allows it, and on an isolated page that it comes with the page's Cross-Origin-Embedder-Policy; or set worker: false",
          }),
        );
      };
    },
    terminate: () => worker.terminate(),
  };
}
