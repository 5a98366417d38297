// Calls that wait, ended by a signal. The promise rejects with `cancelled` at once; what was asked for may still take effect.
import { aborted } from './errors.js';

export function abortable<T>(signal: AbortSignal | undefined, what: string, start: () => Promise<T>): Promise<T> {
  if (signal === undefined) return start();
  if (signal.aborted) return Promise.reject(aborted(signal, what));
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(aborted(signal, what));
    signal.addEventListener('abort', onAbort, { once: true });
    start()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', onAbort));
  });
}
