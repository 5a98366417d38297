// onnxruntime-web in a worker of its own: one session, timed runs. Its thread workers load explicit files, so this module
// is never run again inside them.
import * as ort from '/modules/onnxruntime-web/dist/ort.wasm.min.mjs';

export async function create({ modelUrl, threads, input }) {
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.wasmPaths = {
    mjs: '/modules/onnxruntime-web/dist/ort-wasm-simd-threaded.mjs',
    wasm: '/modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm',
  };
  const session = await ort.InferenceSession.create(modelUrl, { executionProviders: ['wasm'], graphOptimizationLevel: 'all' });
  const feeds = { [session.inputNames[0]]: new ort.Tensor('float32', input, [1, 3, 224, 224]) };
  return {
    about: `onnxruntime-web ${ort.env.versions?.web ?? ''}`.trim(),
    async run() {
      const outputs = await session.run(feeds);
      return outputs[session.outputNames[0]].data;
    },
  };
}
