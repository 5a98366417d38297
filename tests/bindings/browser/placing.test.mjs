// Frames that are placed, in a real browser with the real server: a page has files, and makes pictures small itself.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startServer } from '../js/support/server.mjs';
import { bundle, inPage, sites } from './scene.mjs';

for (const worker of [true, false]) {
  test(`a photo goes as its file, whole or shrunk, as the link wants it, ${worker ? 'in a worker' : 'on the page'}`, async (t) => {
    const server = await startServer(bundle.folder, ['--allow-origin', sites.plain.url]);
    t.after(() => server.stop());
    const { value } = await inPage(
      sites.plain,
      async ({ url, worker: inWorker }) => {
        const { open, bundle: address, SluiceError } = window.sluice;
        // A photo of noise, which no encoder makes small, bright enough to matter.
        const canvas = new OffscreenCanvas(1280, 960);
        const context = canvas.getContext('2d');
        const noise = context.createImageData(1280, 960);
        for (let i = 0; i < noise.data.length; ++i) noise.data[i] = i % 4 === 3 ? 255 : 180 + ((i * 2654435761) >>> 26);
        context.putImageData(noise, 0, 0);
        const photo = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.9 });
        const gate = await open(address, { server: url, worker: inWorker, place: 'remote-auto', gate: false, budgetMs: 20_000 });
        await new Promise((ready) => gate.onConnection(({ state }) => state === 'ready' && ready()));
        const ask = async (frame) => {
          const { kind, width, height, outputs, placement, cost } = await gate.infer(frame);
          return { kind, width, height, mean: outputs[0].data[0], placement, encodeMs: cost.encodeMs };
        };
        const fast = [];
        for (let i = 0; i < 10; ++i) fast.push(await ask(photo));
        gate.simulateLink({ kilobitsPerS: 3000, roundTripMs: 20 });
        const thin = [];
        for (let i = 0; i < 8; ++i) thin.push(await ask(photo));
        gate.simulateLink();
        const bitmap = await ask(canvas);
        const refused = await gate.infer(new Blob(['no picture'], { type: 'image/jpeg' })).then(
          () => undefined,
          (error) => [error instanceof SluiceError, error.code, error.message],
        );
        const png = await ask(await canvas.convertToBlob({ type: 'image/png' }));
        const { placed } = await gate.stats();
        const { variant } = gate.environment;
        await gate.dispose();
        return { fast, thin, bitmap, png, refused, placed, variant, bytes: photo.size };
      },
      { url: `ws://127.0.0.1:${server.port}`, worker },
    );
    const { fast, thin, bitmap, png, refused, placed, variant, bytes } = value;
    assert.ok(['plain', 'relaxed', 'threads'].includes(variant), variant);
    for (const one of [...fast, ...thin, bitmap, png]) {
      assert.deepEqual([one.kind, one.width, one.height], ['remote', 1280, 960]);
      assert.ok(Math.abs(one.mean - 0.83) < 0.06, String(one.mean));
      assert.ok(one.placement.actualMs > 0 && one.placement.actualBytes > 0);
    }
    for (const { placement } of fast) assert.deepEqual(placement.considered.map(({ form }) => form).sort(), ['file', 'shrunk', 'whole']);
    const asFile = [...fast, ...thin].filter(({ placement }) => placement.form === 'file');
    for (const { placement, encodeMs } of asFile) {
      assert.equal(encodeMs, 0);
      assert.ok(placement.actualBytes >= bytes && placement.actualBytes < bytes + 500, `${placement.actualBytes} of ${bytes}`);
    }
    const last = thin.at(-1).placement;
    assert.equal(last.form, 'shrunk', JSON.stringify(last));
    assert.ok(last.actualBytes < bytes / 20, `${last.actualBytes} of ${bytes}`);
    assert.ok(last.predictedMs < last.considered.find(({ form }) => form === 'file').predictedMs);
    for (const one of [bitmap, png])
      assert.ok(
        one.placement.considered.every(({ form }) => form !== 'file'),
        'no JPEG file came with these',
      );
    assert.deepEqual(refused.slice(0, 2), [true, 'invalid_image']);
    assert.match(refused[2], /a file of 10 bytes, image\/jpeg, is no picture/);
    assert.equal(placed.small.answered >= 5, true, JSON.stringify(placed));
  });
}

test('a page whose link is dead answers by the model in it, and says that this was the choice', async (t) => {
  const server = await startServer(bundle.folder, ['--allow-origin', sites.plain.url]);
  t.after(() => server.stop());
  const { value } = await inPage(
    sites.plain,
    async ({ url }) => {
      const { open, canvasOf, bundle: address } = window.sluice;
      const gate = await open(address, { server: url, place: 'auto', gate: false, budgetMs: 4000 });
      await new Promise((ready) => gate.onConnection(({ state }) => state === 'ready' && ready()));
      const first = await gate.infer(canvasOf(230));
      gate.simulateLink({ kilobitsPerS: 0 });
      const late = [];
      for (let i = 0; i < 3; ++i) late.push(await gate.infer(canvasOf(230)));
      const stats = await gate.stats();
      await gate.dispose();
      return { first: first.kind, late: late.map(({ kind, stopgap, placement }) => ({ kind, stopgap, placement })), duplicates: stats.duplicates };
    },
    { url: `ws://127.0.0.1:${server.port}` },
  );
  assert.ok(['remote', 'local'].includes(value.first));
  for (const { kind, stopgap, placement } of value.late) {
    assert.deepEqual([kind, stopgap], ['local', false]);
    if (placement !== undefined) assert.ok(placement.form === 'here' || placement.duplicate === 'won', JSON.stringify(placement));
  }
  assert.ok(value.duplicates.won >= 1, JSON.stringify(value.duplicates));
});
