// openFilter(): the SKIP filter alone, without a server and without a worker.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { openFilter } from '../../../bindings/js/dist/index.node.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const faces = join(root, 'bundles/faces');
const [width, height] = [80, 60];
const recorded = readFileSync(join(root, 'tests/core/questions/faces/pictures.rgb'));
const frame = (index) => ({ data: recorded.subarray(index * width * height * 3, (index + 1) * width * height * 3), width, height, format: 'rgb' });
const parts = () => ({ manifest: readFileSync(join(faces, 'manifest.json')), parts: { filter: readFileSync(join(faces, 'filter.onnx')) } });

test('a filter judges frames, and a higher target skips no more of them', async () => {
  const filter = await openFilter(parts());
  assert.equal(filter.bundle.name, 'faces');
  const targets = filter.bundle.operatingPoints.map(({ target }) => target);
  const skipped = [];
  for (const target of targets) {
    assert.ok(Math.abs((await filter.setAccuracyTarget(target)) - target) < 1e-6);
    let count = 0;
    for (let index = 0; index < recorded.length / (width * height * 3); ++index) {
      const { skip, score, threshold, gateMs } = await filter.judge(frame(index));
      assert.ok(score >= 0 && score <= 1 && gateMs >= 0);
      assert.equal(skip, score < threshold);
      if (skip) ++count;
    }
    skipped.push(count);
  }
  assert.deepEqual(
    skipped,
    [...skipped].sort((a, b) => b - a),
  );
  assert.equal(await filter.setAccuracyTarget(1), 1);
  assert.equal((await filter.judge(frame(0))).skip, false);
  filter.dispose();
  await assert.rejects(filter.judge(frame(0)), { code: 'disposed' });
});

test("a video's colours are those that its frame names", async () => {
  const filter = await openFilter(parts());
  const video = { data: new Uint8Array((width * height * 3) / 2).fill(90), width, height, format: 'i420' };
  const score = async (yuv) => (await filter.judge({ ...video, yuv })).score;
  assert.equal(await score(undefined), await score('bt601'));
  assert.equal(new Set([await score('bt601'), await score('bt601-full'), await score('bt709'), await score('bt709-full')]).size, 4);
  await assert.rejects(filter.judge({ ...video, yuv: 'bt2020' }), { code: 'invalid_image' });
  filter.dispose();
});

test("what is wrong is said: the target, the frame, a filter that is not the manifest's", async () => {
  const filter = await openFilter(parts(), { accuracyTarget: 0.95 });
  await assert.rejects(filter.setAccuracyTarget(0), { code: 'invalid_argument' });
  await assert.rejects(filter.setAccuracyTarget(1.5), { code: 'invalid_argument' });
  await assert.rejects(filter.judge({ data: new Uint8Array(3), width: 2, height: 2, format: 'rgb' }), { code: 'invalid_image' });
  const other = parts();
  other.parts.filter = Buffer.from(other.parts.filter);
  other.parts.filter[100] ^= 1;
  await assert.rejects(openFilter(other), { code: 'bundle_part_corrupt' });
  const plain = parts();
  const manifest = JSON.parse(plain.manifest.toString());
  manifest.questions = manifest.questions.filter(({ kind }) => kind !== 'skip');
  await assert.rejects(openFilter({ ...plain, manifest: Buffer.from(JSON.stringify(manifest)) }), { code: 'invalid_argument' });
  await assert.rejects(openFilter(parts(), { signal: AbortSignal.abort() }), { code: 'cancelled' });
  const signal = AbortSignal.abort('enough');
  await assert.rejects(filter.judge(frame(0), { signal }), { code: 'cancelled', cause: 'enough' });
  await assert.rejects(filter.setAccuracyTarget(0.9, { signal }), { code: 'cancelled', cause: 'enough' });
  const { skip } = await filter.judge(frame(0), { signal: new AbortController().signal });
  assert.equal(typeof skip, 'boolean');
});
