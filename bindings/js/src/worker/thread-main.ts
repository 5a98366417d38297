// One thread of the module, in a worker of either platform: loads it when told, then runs what pthread_create asks for.
import { makeImports } from '../bindings/module.js';
import { enterThread, threadImports, type FromThread, type ToThread } from '../bindings/threads.js';

export function serveThread(post: (message: FromThread) => void): (message: ToThread) => void {
  let loaded: { instance: WebAssembly.Instance; memory: WebAssembly.Memory } | undefined;
  return (message) => {
    if (message.type === 'load') {
      const { module, memory } = message;
      loaded = { instance: new WebAssembly.Instance(module, makeImports(memory, { imports: threadImports })), memory };
      post({ type: 'loaded' });
    } else if (loaded !== undefined) {
      enterThread(loaded.instance, loaded.memory, message);
    }
  };
}
