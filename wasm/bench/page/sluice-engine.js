// Our runner through the npm package's own module layer, in a worker of its own; `variant` names the build.
import { Model } from '/sluice/dist/bindings/model.js';
import { compile, instantiate } from '/sluice/dist/bindings/module.js';
import { pageTarget } from '/sluice/dist/targets/page.js';

const kFiles = { simd: 'sluice.wasm', relaxed: 'sluice-relaxed.wasm', threads: 'sluice-threads.wasm' };

export async function create({ modelUrl, threads, variant, input }) {
  const compiled = await compile(await fetch(`/sluice/dist/wasm/${kFiles[variant]}`), kFiles[variant]);
  const choice = { variant, file: kFiles[variant], simd: variant === 'relaxed' ? 'relaxed' : 'fixed', threads, reason: 'the bench' };
  const threadHost = { createThread: pageTarget.createThread, startTimeoutMs: 20_000 };
  const module = await instantiate(compiled, choice, { maxMemoryBytes: 1 << 29, threadHost });
  const onnx = new Uint8Array(await (await fetch(modelUrl)).arrayBuffer());
  const model = new Model(module, onnx, threads);
  const feed = [{ name: 'input', type: 'float32', dims: [1, 3, 224, 224], data: input }];
  return {
    about: `Sluice, ${variant}, ${model.inspect().threads} thread(s)`,
    async run() {
      return model.run(feed)[0].data;
    },
  };
}
