// The npm package under load, for ../link.mjs: offers pictures at a steady rate, every one needed (no filter), newest wins, and
// says what became of each as native/bench/link/native_client.cpp does. Times are microseconds since 1970.
import { open } from '/sluice/dist/index.js';

const nowUs = () => Math.round((performance.timeOrigin + performance.now()) * 1000);
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

globalThis.load = async ({ bundle, server, pictures, framesPerS, seconds }) => {
  const bitmaps = await Promise.all(pictures.map(async (url) => createImageBitmap(await (await fetch(url)).blob())));
  const gate = await open(bundle, { server, gate: false, policy: 'newest-wins' });
  await new Promise((done, failed) => {
    const timer = setTimeout(() => failed(new Error(`no connection within 10 s, ${gate.connection.state}`)), 10_000);
    gate.onConnection(({ state }) => {
      if (state !== 'ready') return;
      clearTimeout(timer);
      done();
    });
  });
  const offered = [];
  async function* frames() {
    const begin = performance.now();
    for (let i = 0; i < framesPerS * seconds; ++i) {
      await sleep(Math.max(0, begin + (i * 1000) / framesPerS - performance.now()));
      offered[i] = nowUs();
      yield new VideoFrame(bitmaps[i % bitmaps.length], { timestamp: offered[i] });
    }
  }
  const ends = [];
  for await (const { kind, index, error, cost } of gate.stream(frames())) {
    ends.push({
      offered_us: offered[index],
      ended_us: nowUs(),
      how: kind === 'failed' ? error.code : kind,
      handed_us: offered[index] + Math.round((cost.gateMs + cost.encodeMs + cost.waitMs) * 1000),
      bytes_up: cost.bytesUp,
    });
  }
  await gate.dispose();
  return ends;
};
globalThis.loaded = true;
