// Frames in a real browser: every kind is taken, none stays open, and what is read of one is what drawing it shows.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { browser, bundle, inPage, sites } from './scene.mjs';

test('every kind of frame is taken, and belongs to whom the documentation says', async () => {
  const { value, complaints } = await inPage(sites.plain, async () => {
    const { open, canvasOf, bundle } = window.sluice;
    const gate = await open(bundle, { threads: false, policy: 'keep-all' });
    const bitmap = await createImageBitmap(canvasOf(230));
    const video = new VideoFrame(canvasOf(230), { timestamp: 77 });
    const data = canvasOf(230).getContext('2d').getImageData(0, 0, 320, 240);
    const kinds = {};
    for (const [name, frame] of Object.entries({ bitmap, video, data, offscreen: canvasOf(230), canvas: canvasOf(230, 320, 240, 'html') })) {
      const { kind, timestamp, width, height } = await gate.infer(frame);
      kinds[name] = [kind, timestamp, width, height];
    }
    const stillOpen = [bitmap.width, video.format !== null];
    const items = [];
    for await (const item of gate.stream([bitmap, video], { ordered: true })) items.push(item.kind);
    const closed = [bitmap.width, video.format !== null];
    const kept = await createImageBitmap(canvasOf(10));
    for await (const item of gate.stream([kept], { closeFrames: false })) items.push(item.kind);
    const keptOpen = kept.width;
    const { pendingPictureBytes } = await gate.memory();
    await gate.dispose();
    return { kinds, stillOpen, items, closed, keptOpen, pendingPictureBytes };
  });
  const local = ['local', undefined, 320, 240].map((one) => one ?? null);
  const same = Object.fromEntries(['bitmap', 'data', 'offscreen', 'canvas'].map((name) => [name, local]));
  const got = JSON.parse(JSON.stringify(value));
  assert.deepEqual(got.kinds, { ...same, video: ['local', 77, 320, 240] });
  assert.deepEqual(got.stillOpen, [320, true]);
  assert.deepEqual(got.items, ['local', 'local', 'skipped']);
  assert.deepEqual(got.closed, [0, false]);
  assert.equal(got.keptOpen, 320);
  assert.equal(got.pendingPictureBytes, 0);
  assert.deepEqual(complaints, []);
});

test('no frame stays open, whenever a stream or a call is ended', async () => {
  const { value } = await inPage(sites.plain, async () => {
    const { open, canvasOf, bundle } = window.sluice;
    const gate = await open(bundle, { threads: false, policy: 'keep-all' });
    // Ends a stream after so many turns of the microtask queue from the moment that it takes a frame.
    const frames = [];
    for (let turns = 0; turns < 12; ++turns) {
      const controller = new AbortController();
      const source = {
        [Symbol.iterator]: () => source,
        next: () => {
          const value = new VideoFrame(canvasOf(10), { timestamp: turns });
          frames.push(value);
          let turn = Promise.resolve();
          for (let i = 0; i < turns; ++i) turn = turn.then(() => undefined);
          void turn.then(() => controller.abort());
          return { done: false, value };
        },
        return: () => ({ done: true, value: undefined }),
      };
      try {
        for await (const item of gate.stream(source, { signal: controller.signal })) void item;
      } catch (error) {
        if (error.code !== 'cancelled') throw error;
      }
    }
    await new Promise((done) => setTimeout(done)); // what was pulled last is closed a few turns after the end
    // A canvas becomes a bitmap of ours, which nobody else could close.
    const bitmaps = [];
    const make = window.createImageBitmap;
    window.createImageBitmap = async (...given) => {
      const bitmap = await make(...given);
      bitmaps.push(bitmap);
      return bitmap;
    };
    const waiting = gate.infer(canvasOf(10)).then(
      () => 'answered',
      ({ code }) => code,
    );
    await gate.dispose();
    const outcome = await waiting;
    window.createImageBitmap = make;
    return { open: frames.map((frame) => frame.format !== null), outcome, widths: bitmaps.map(({ width }) => width) };
  });
  assert.ok(value.open.length >= 12);
  assert.ok(!value.open.includes(true), `frames left open: ${value.open}`);
  assert.equal(value.outcome, 'disposed');
  assert.deepEqual(value.widths, [0]);
});

test("a VideoFrame's own bytes are what drawing it shows, or it is drawn", async () => {
  const { value, complaints } = await inPage(sites.plain, async () => {
    const { PictureReader, toRgba } = window.sluice;
    const reader = new PictureReader(1);
    const rec709 = { matrix: 'bt709', primaries: 'bt709', transfer: 'bt709', fullRange: false };
    const rec601 = { matrix: 'smpte170m', primaries: 'smpte170m', transfer: 'smpte170m', fullRange: false };
    const screen = { matrix: 'rgb', primaries: 'bt709', transfer: 'iec61966-2-1', fullRange: true };
    const hdr = { matrix: 'bt2020-ncl', primaries: 'bt2020', transfer: 'pq', fullRange: false };
    // Flat quarters, so that how a browser interpolates chroma plays no part within them.
    const make = (format, colorSpace, width = 64, height = 48, more = {}) => {
      const quarter = (x, y, w, h) => (2 * x >= w ? 1 : 0) + (2 * y >= h ? 2 : 0);
      const plane = (w, h, levels) => Array.from({ length: w * h }, (_, i) => levels[quarter(i % w, Math.floor(i / w), w, h)]).flat();
      const [cw, ch] = [Math.ceil(width / 2), Math.ceil(height / 2)];
      const bytes = {
        I420: () => [...plane(width, height, [60, 120, 180, 90]), ...plane(cw, ch, [100, 140, 128, 150]), ...plane(cw, ch, [150, 110, 128, 140])],
        NV12: () => [
          ...plane(width, height, [60, 120, 180, 90]),
          ...plane(cw, ch, [
            [100, 150],
            [140, 110],
            [128, 128],
            [150, 140],
          ]),
        ],
        BGRX: () =>
          plane(width, height, [
            [10, 60, 200, 255],
            [90, 30, 60, 255],
            [200, 200, 10, 255],
            [0, 255, 128, 255],
          ]),
        RGBA: () =>
          plane(width, height, [
            [10, 60, 200, 255],
            [90, 30, 60, 255],
            [200, 200, 10, 255],
            [0, 255, 128, 255],
          ]),
      }[format]();
      return new VideoFrame(new Uint8Array(bytes), { format, codedWidth: width, codedHeight: height, timestamp: 0, colorSpace, ...more });
    };
    const drawn = (frame) => {
      const context = new OffscreenCanvas(frame.displayWidth, frame.displayHeight).getContext('2d');
      context.drawImage(frame, 0, 0, frame.displayWidth, frame.displayHeight);
      return context.getImageData(0, 0, frame.displayWidth, frame.displayHeight).data;
    };
    const compare = async (frame) => {
      const { displayWidth: width, displayHeight: height } = frame;
      const pixels = await reader.read({ type: 'browser', image: frame, width, height }, (bytes) => new Uint8Array(bytes));
      const [ours, theirs] = [toRgba(pixels), drawn(frame)];
      let difference = 0;
      for (const x of [0.2, 0.8]) {
        for (const y of [0.2, 0.8]) {
          const at = 4 * (Math.floor(y * height) * width + Math.floor(x * width));
          for (let c = 0; c < 3; ++c) difference = Math.max(difference, Math.abs(ours[at + c] - theirs[at + c]));
        }
      }
      frame.close();
      return [pixels.format, pixels.yuv, pixels.width, pixels.height, difference];
    };
    const crop = { visibleRect: { x: 16, y: 8, width: 32, height: 32 } };
    const results = {
      i420: await compare(make('I420', rec601)),
      full: await compare(make('I420', { ...rec601, fullRange: true })),
      hd: await compare(make('I420', rec709)),
      hdFull: await compare(make('NV12', { ...rec709, fullRange: true })),
      nv12: await compare(make('NV12', rec601)),
      odd: await compare(make('I420', rec601, 65, 47)),
      cropped: await compare(make('NV12', rec709, 64, 48, crop)),
      bgrx: await compare(make('BGRX', screen)),
      rgba: await compare(make('RGBA', screen)),
      stretched: await compare(make('I420', rec601, 64, 48, { displayWidth: 96, displayHeight: 48 })),
      turned: await compare(make('I420', rec601, 64, 48, { rotation: 90 })),
      flipped: await compare(make('BGRX', screen, 64, 48, { flip: true })),
      hdr: await compare(make('I420', hdr)),
      bitmap: await (async () => {
        const frame = make('BGRX', screen);
        const image = await createImageBitmap(frame);
        const pixels = await reader.read({ type: 'browser', image, width: 64, height: 48 }, (bytes) => new Uint8Array(bytes));
        const [ours, theirs] = [toRgba(pixels), drawn(frame)];
        frame.close();
        return [image.width, Math.max(...ours.map((level, i) => (i % 4 === 3 ? 0 : Math.abs(level - theirs[i]))))];
      })(),
    };
    // Memory that grows while the frame is copied takes the copy away.
    const memory = new WebAssembly.Memory({ initial: 1 });
    const frame = make('I420', rec601);
    const room = (bytes) => {
      queueMicrotask(() => memory.grow(1));
      return new Uint8Array(memory.buffer, 0, bytes);
    };
    const grown = await reader.read({ type: 'browser', image: frame, width: 64, height: 48 }, room);
    results.grown = [grown.format, grown.data.length];
    frame.close();
    results.closed = await reader.read({ type: 'browser', image: frame, width: 64, height: 48 }, (bytes) => new Uint8Array(bytes)).catch((error) => error.name);
    return results;
  });
  const turnable = value.turned[2] === 48; // younger than VideoFrame itself
  const expected = {
    i420: ['i420', 'bt601', 64, 48],
    full: ['i420', 'bt601-full', 64, 48],
    hd: ['i420', 'bt709', 64, 48],
    hdFull: ['nv12', 'bt709-full', 64, 48],
    nv12: ['nv12', 'bt601', 64, 48],
    odd: ['i420', 'bt601', 65, 47],
    cropped: ['nv12', 'bt709', 32, 32],
    bgrx: ['bgra', undefined, 64, 48],
    rgba: ['rgba', undefined, 64, 48],
    stretched: ['rgba', undefined, 96, 48],
    turned: turnable ? ['rgba', undefined, 48, 64] : ['i420', 'bt601', 64, 48],
    flipped: [turnable ? 'rgba' : 'bgra', undefined, 64, 48],
    hdr: ['rgba', undefined, 64, 48],
  };
  for (const [name, form] of Object.entries(expected)) {
    const [difference] = value[name].splice(-1);
    assert.deepEqual(value[name], form, name);
    assert.ok(difference <= 3, `${name}: drawn, its colours differ by ${difference}`);
  }
  assert.deepEqual(value.bitmap, [64, 0]);
  assert.deepEqual(value.grown, ['rgba', 64 * 48 * 4]);
  assert.equal(value.closed, 'InvalidStateError');
  assert.deepEqual(complaints, []);
});

test('frames that are offered at once are each answered by their own picture', async () => {
  const { value, complaints } = await inPage(sites.plain, async () => {
    const { open, openFilter, canvasOf, bundle } = window.sluice;
    const levels = [10, 240, 60, 200, 90, 160, 30, 220];
    // Of different sizes: the memory that they are read into grows from one to the next.
    const frames = levels.map((level, i) => new VideoFrame(canvasOf(level, 64 + 32 * i, 48 + 32 * i), { timestamp: i }));
    const gate = await open(bundle, { gate: false, threads: false, policy: 'keep-all', budgetMs: 20_000 });
    const means = (await Promise.all(frames.map((frame) => gate.infer(frame)))).map(({ outputs }) => 255 * outputs[0].data[0]);
    const abort = new AbortController();
    const cancelled = gate.infer(frames[0], { signal: abort.signal }).catch((error) => error.code);
    abort.abort();
    const codes = [await cancelled];
    await gate.infer(frames[1]);
    const { pendingPictureBytes } = await gate.memory();
    await gate.dispose();

    const filter = await openFilter(bundle);
    const together = (await Promise.all(frames.map((frame) => filter.judge(frame)))).map(({ score }) => score);
    const single = [];
    for (const frame of frames) single.push((await filter.judge(frame)).score);
    const late = filter.judge(frames[0]).catch((error) => error.code);
    filter.dispose();
    codes.push(await late);
    for (const frame of frames) frame.close();
    return { levels, means, codes, pendingPictureBytes, together, single };
  });
  value.levels.forEach((level, i) => assert.ok(Math.abs(value.means[i] - level) < 2, `${value.means} for ${value.levels}`));
  assert.deepEqual(value.together, value.single);
  assert.ok(Math.max(...value.single) - Math.min(...value.single) > 0.9);
  assert.deepEqual(value.codes, ['cancelled', 'disposed']);
  assert.equal(value.pendingPictureBytes, 0);
  assert.deepEqual(complaints, []);
});

test("a playing video's frame is taken as it was decoded, with its time", async () => {
  const { value } = await inPage(sites.plain, async () => {
    const { open, canvasOf, bundle } = window.sluice;
    const video = document.createElement('video');
    const gate = await open(bundle, { threads: false, policy: 'keep-all', budgetMs: 20_000 });
    const empty = await gate.infer(video).catch((error) => error.code);
    const canvas = canvasOf(230, 320, 240, 'html');
    video.muted = true;
    video.srcObject = canvas.captureStream(30);
    const context = canvas.getContext('2d');
    const painting = setInterval(() => context.fillRect(0, 0, 320, 240), 20);
    await video.play();
    const { kind, width, height, timestamp } = await gate.infer(video);
    clearInterval(painting);
    await gate.dispose();
    return { empty, kind, width, height, timed: typeof timestamp === 'number' };
  });
  assert.deepEqual(value, { empty: 'invalid_image', kind: 'local', width: 320, height: 240, timed: true });
});
