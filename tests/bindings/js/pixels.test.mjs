// Pixels of every layout as packed RGB, by the definition of their colours the other way round.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { toRgb, toRgba } from '../../../bindings/js/dist/engine/pixels.js';

const matrices = { bt601: [0.299, 0.114], bt709: [0.2126, 0.0722] };
const colours = [
  [255, 255, 255],
  [0, 0, 0],
  [200, 30, 60],
  [20, 180, 90],
  [40, 70, 230],
];

function video([red, green, blue], [redShare, blueShare], full, format) {
  const y = redShare * red + (1 - redShare - blueShare) * green + blueShare * blue;
  const scale = full ? 1 : 224 / 255;
  const luma = Math.round(full ? y : 16 + (y * 219) / 255);
  const u = Math.round(128 + ((blue - y) / (2 * (1 - blueShare))) * scale);
  const v = Math.round(128 + ((red - y) / (2 * (1 - redShare))) * scale);
  const chroma = format === 'nv12' ? [u, v, u, v] : [u, u, v, v];
  return Uint8Array.from([...Array(6).fill(luma), ...chroma]); // 3 x 2: two cells of chroma, the last one cut
}

test('video in either matrix and range comes out in its colours', () => {
  for (const [name, matrix] of Object.entries(matrices)) {
    for (const full of [false, true]) {
      for (const format of ['i420', 'nv12']) {
        for (const colour of colours) {
          const yuv = full ? `${name}-full` : name;
          const rgb = toRgb({ data: video(colour, matrix, full, format), width: 3, height: 2, format, yuv });
          assert.equal(rgb.length, 18);
          rgb.forEach((level, i) => assert.ok(Math.abs(level - colour[i % 3]) <= 3, `${yuv} ${format}: ${rgb} for ${colour}`));
        }
      }
    }
  }
});

test('interleaved layouts keep their colours, and RGBA is opaque', () => {
  const layouts = { rgb: [1, 2, 3], bgr: [3, 2, 1], rgba: [1, 2, 3, 0], bgra: [3, 2, 1, 0] };
  for (const [format, pixel] of Object.entries(layouts)) {
    const pixels = { data: Uint8Array.from([...pixel, ...pixel]), width: 2, height: 1, format };
    assert.deepEqual([...toRgb(pixels)], [1, 2, 3, 1, 2, 3]);
    assert.deepEqual([...toRgba(pixels)], [1, 2, 3, 255, 1, 2, 3, 255]);
  }
  assert.throws(() => toRgb({ data: new Uint8Array(5), width: 3, height: 2, format: 'i420' }), { code: 'invalid_image' });
});
