// What a frame costs the gate in a page, on the main thread: frames of a playing video, as VideoFrame and as ImageBitmap, through
// the package's own openFilter(); then the three parts of the same work, each by itself.
import { FilterHandle } from '/sluice/dist/bindings/filter-handle.js';
import { ModelIo } from '/sluice/dist/bindings/model.js';
import { compile, instantiate } from '/sluice/dist/bindings/module.js';
import { PictureReader, release } from '/sluice/dist/engine/picture.js';
import { openFilter } from '/sluice/dist/index.js';
import { takeIn } from '/sluice/dist/intake.js';

const bundle = '/bundles/faces/';
const warmUpFrames = 25; // until the browser has compiled what it found hot

async function timed(times, work) {
  const started = performance.now();
  const result = await work();
  times.push(performance.now() - started);
  return result;
}

async function loadModule(file) {
  const compiled = await compile(await fetch(`/sluice/dist/wasm/${file}`), file);
  return instantiate(compiled, { variant: 'plain', file, simd: 'fixed', threads: 1, reason: 'the bench' }, { maxMemoryBytes: 1 << 29 });
}

// The filter's preprocessing alone: that of a model whose input is the filter's.
async function makeScaling(manifest) {
  const alone = { ...manifest, model: { ...manifest.model, input: manifest.questions.find(({ kind }) => kind === 'skip').input } };
  return new ModelIo(await loadModule('sluice.wasm'), JSON.stringify(alone));
}

async function play(address) {
  const video = document.createElement('video');
  video.muted = true;
  video.loop = true;
  video.src = URL.createObjectURL(await (await fetch(address)).blob());
  await video.play();
  return video;
}

export async function measure({ address, frames }) {
  const manifestText = await (await fetch(`${bundle}manifest.json`)).text();
  const weights = new Uint8Array(await (await fetch(`${bundle}filter.onnx`)).arrayBuffer());
  const filter = await openFilter(bundle);
  const handle = new FilterHandle(await loadModule('sluice-gate.wasm'), manifestText, [{ name: 'filter', bytes: weights }]);
  const scaling = await makeScaling(JSON.parse(manifestText));
  const reader = new PictureReader(1);

  const video = await play(address);
  const times = { frame: [], bitmap: [], read: [], readBitmap: [], scale: [], judge: [] };
  let largestDifference = 0;
  let about;
  for (let i = 0; i < frames + warmUpFrames; ++i) {
    await new Promise((shown) => video.requestVideoFrameCallback(shown));
    const frame = new VideoFrame(video);
    const bitmap = await createImageBitmap(frame);
    const { displayWidth: width, displayHeight: height } = frame;
    about ??= { format: frame.format, matrix: frame.colorSpace.matrix, width, height };
    const ofFrame = await timed(times.frame, () => filter.judge(frame));
    const ofBitmap = await timed(times.bitmap, () => filter.judge(bitmap));
    largestDifference = Math.max(largestDifference, Math.abs(ofFrame.score - ofBitmap.score));
    const read = (image, room) => reader.read({ type: 'browser', image, width, height }, room);
    await timed(times.readBitmap, async () => {
      const { input } = await takeIn(bitmap, false);
      await reader.read(input, (bytes) => handle.room(bytes));
      release(input);
    });
    const pixels = await timed(times.read, () => read(frame, (bytes) => handle.room(bytes)));
    await timed(times.judge, () => handle.judge(pixels));
    const scaled = await read(frame, (bytes) => scaling.room(bytes));
    await timed(times.scale, () => scaling.prepareInPlace(scaled));
    frame.close();
    bitmap.close();
  }
  video.pause();
  for (const list of Object.values(times)) list.splice(0, warmUpFrames);
  return { about, times, largestDifference };
}
