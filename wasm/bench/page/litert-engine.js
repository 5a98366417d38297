// LiteRT.js on the page's main thread: its loader adds a <script>, which a worker has not. One thread unless asked.
import { Tensor, loadAndCompile, loadLiteRt } from '/modules/@litertjs/core/dist/index.js';

let loaded;

export async function create({ modelUrl, threads, input }) {
  loaded ??= loadLiteRt('/modules/@litertjs/core/wasm/', { threads: threads > 1 });
  await loaded;
  const model = await loadAndCompile(modelUrl, { accelerator: 'wasm', cpuOptions: { numThreads: threads } });
  const tensor = Tensor.fromTypedArray(input, [1, 224, 224, 3]);
  return {
    about: 'LiteRT.js 2.5.3',
    async run() {
      const outputs = await model.run([tensor]);
      const values = outputs[0].toTypedArray();
      for (const output of outputs) output.delete();
      return values;
    },
  };
}
