// Frames that are placed, with the real server: each takes a form, which follows the link, and its result says what was considered.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { open } from 'sluice';

import { brightBundle, describe, plain, writeBundle } from './support/bundle.mjs';
import { greyJpeg, turned } from './support/jpeg.mjs';
import { startServer } from './support/server.mjs';
import { coloured, halvesBundle } from './support/split-bundle.mjs';

const choices = { whole: 'whole', file: 'file', small: 'shrunk', here: 'here' }; // each with its form
let bundle;
let server;
const opened = [];
const openGate = async (options) => {
  const gate = await open(bundle.url, {
    server: `ws://127.0.0.1:${server.port}`,
    threads: false,
    gate: false,
    budgetMs: 20_000,
    place: 'remote-auto',
    ...options,
  });
  opened.push(gate);
  return gate;
};
const ready = (gate) =>
  new Promise((resolve) => {
    gate.onConnection(({ state }) => {
      if (state === 'ready') resolve();
    });
  });
/** A picture of many colours, with their means. */
function colourful(width, height) {
  const data = new Uint8Array(width * height * 3);
  const sums = [0, 0, 0];
  for (let i = 0; i < width * height; ++i) {
    const [x, y] = [(i % width) / width, Math.floor(i / width) / height];
    [255 * x, 255 * y * y, 128 + 90 * Math.sin(20 * x) * Math.cos(15 * y)].forEach((value, channel) => (sums[channel] += data[3 * i + channel] = value));
  }
  return { data, width, height, format: 'rgb', means: sums.map((sum) => sum / (255 * width * height)) };
}

/** Frames until one is what is looked for. */
const inferUntil = async (gate, frame, found, most = 40) => {
  for (let i = 0; i < most; ++i) {
    const result = await gate.infer(frame);
    if (found(result)) return result;
  }
  return assert.fail(`none of ${most} frames`);
};

before(async () => {
  const bright = brightBundle();
  bright.files['small.onnx'] = bright.files['model.onnx'];
  bright.manifest.parts.push(describe('small', bright.files['small.onnx']));
  bright.manifest.variants = [{ name: 'int8', part: 'small', agreement: 0.75 }];
  bright.manifest.format = 2;
  bundle = writeBundle(withQuestions(bright));
  server = await startServer(bundle.folder);
});
after(async () => {
  await Promise.all(opened.map((gate) => gate.dispose()));
  await server?.stop();
});

/** In the newer format, which has variants. */
function withQuestions({ manifest: { skip, ...manifest }, files }) {
  const { default_target, ...question } = skip;
  return { manifest: { ...manifest, default_target, questions: [{ kind: 'skip', ...question }] }, files };
}

for (const worker of [false, true]) {
  test(`each result says in which form its frame went and what else was considered, ${worker ? 'in a worker' : 'on this thread'}`, async () => {
    const gate = await openGate({ worker });
    await ready(gate);
    const { variant, place, reason } = gate.environment;
    assert.ok(['plain', 'relaxed'].includes(variant), variant);
    assert.equal(place, 'remote-auto');
    assert.match(reason, /inputs are placed/);
    const seen = new Set();
    for (let i = 0; i < 12; ++i) {
      const level = 140 + 4 * i;
      const frame = { ...plain(level, 640, 480, 'gray'), ...(i % 2 === 1 ? { jpeg: greyJpeg(level, 640, 480) } : {}) };
      const result = await gate.infer(frame);
      assert.equal(result.kind, 'remote');
      assert.ok(Math.abs(result.outputs[0].data[0] - level / 255) < 0.01, `${result.outputs[0].data[0]}`);
      assert.equal(result.variant, undefined);
      assert.equal(result.agreement, undefined);
      const { placement } = result;
      assert.ok(placement.considered.length >= 2 && placement.considered.every(({ kind, form }) => choices[kind] === form), JSON.stringify(placement));
      for (const one of placement.considered) {
        seen.add(one.kind);
        assert.equal(one.setting, 0);
        assert.ok(one.predictedMs > 0 && one.predictedP95Ms >= one.predictedMs && one.bytes > 0, JSON.stringify(one));
        assert.equal(typeof one.inTime, 'boolean');
      }
      const [taken, ...others] = placement.considered.filter((one) => one.taken);
      assert.equal(others.length, 0);
      assert.deepEqual(
        [placement.chosen, placement.form, placement.predictedMs, placement.predictedBytes],
        [taken.kind, taken.form, taken.predictedMs, taken.bytes],
      );
      assert.ok(placement.actualMs > 0);
      assert.equal(placement.actualBytes, result.cost.bytesUp);
      assert.equal(placement.inTime, true);
      assert.equal(placement.duplicate, 'none');
      if (placement.form !== 'file') continue;
      assert.equal(frame.jpeg !== undefined, true);
      assert.equal(result.cost.encodeMs, 0);
    }
    assert.deepEqual([...seen].sort(), ['file', 'small', 'whole']);
    const { placed, duplicates } = await gate.stats();
    assert.equal(
      Object.values(placed).reduce((sum, { answered }) => sum + answered, 0),
      12,
    );
    for (const { answered, inTime } of Object.values(placed)) assert.equal(inTime, answered);
    assert.ok(placed.small.answered >= 1 && placed.small.predictedMs > 0 && placed.small.actualMs > 0, JSON.stringify(placed));
    assert.deepEqual(duplicates, { skipped: 0, begun: 0, won: 0 });
  });
}

test('on a thin link frames go shrunk, really small, and what was predicted stands beside what it took', async () => {
  const gate = await openGate({});
  await ready(gate);
  const frame = colourful(960, 720);
  const whole = await inferUntil(gate, frame, ({ placement }) => placement?.form === 'whole');
  assert.ok(whole.placement.actualBytes > 960 * 720 * 3);
  gate.simulateLink({ kilobitsPerS: 20_000, roundTripMs: 5 });
  for (let i = 0; i < 5; ++i) await gate.infer(frame);
  for (let i = 0; i < 3; ++i) {
    const { kind, outputs, placement } = await gate.infer(frame);
    assert.equal(kind, 'remote');
    frame.means.forEach((mean, i) => assert.ok(Math.abs(outputs[0].data[i] - mean) < 0.01, `${outputs[0].data} for ${frame.means}`));
    assert.equal(placement.form, 'shrunk', JSON.stringify(placement));
    assert.ok(placement.actualBytes < 3000, `${placement.actualBytes} bytes`);
    const other = placement.considered.find(({ form }) => form === 'whole');
    assert.ok(other.predictedMs > placement.predictedMs && other.bytes > placement.predictedBytes, JSON.stringify(placement));
  }
});

test('where nothing comes through the model here answers, beside the request or in its place', async () => {
  const gate = await openGate({ place: 'auto', budgetMs: 4000 });
  await ready(gate);
  assert.equal((await gate.infer(plain(200, 640, 480))).stopgap, false);
  gate.simulateLink({ kilobitsPerS: 0 });
  for (let i = 0; i < 3; ++i) {
    const { kind, stopgap, placement, outputs } = await gate.infer(plain(190, 640, 480));
    assert.equal(kind, 'local');
    assert.equal(stopgap, false);
    assert.ok(Math.abs(outputs[0].data[0] - 190 / 255) < 0.01);
    if (placement !== undefined) assert.equal(placement.form === 'here' || placement.duplicate === 'won', true, JSON.stringify(placement));
  }
  const { answered, duplicates } = await gate.stats();
  assert.ok(answered.local >= 3);
  assert.ok(duplicates.won >= 1);
});

test('a variant that stands in answers when the time is up, by its name', async () => {
  const gate = await openGate({ place: 'auto', standIn: 'int8', budgetMs: 1500 });
  await ready(gate);
  await gate.infer(plain(200, 640, 480));
  gate.simulateLink({ kilobitsPerS: 0 });
  const { kind, stopgap, variant, agreement, placement } = await gate.infer(plain(190, 640, 480));
  assert.deepEqual(
    { kind, stopgap, variant, agreement, duplicate: placement.duplicate },
    { kind: 'local', stopgap: true, variant: 'int8', agreement: 0.75, duplicate: 'won' },
  );
  assert.ok(placement.actualMs > 0);
});

test('the features of a device half are one way among the others', async (t) => {
  const halves = writeBundle(halvesBundle());
  const own = await startServer(halves.folder);
  t.after(() => own.stop());
  const gate = await open(halves.url, { server: own.url, place: 'remote-auto', threads: false, budgetMs: 20_000 });
  opened.push(gate);
  await ready(gate);
  await gate.setAccuracyTarget(0.9);
  const chosen = new Set();
  for (let i = 0; i < 10; ++i) {
    const { kind, placement } = await gate.infer(coloured([180, 96, 205]));
    assert.ok(['split', 'remote'].includes(kind));
    const features = placement.considered.find((one) => one.kind === 'split');
    assert.equal(features.form, 'features');
    assert.equal(placement.chosen === 'split', kind === 'split');
    chosen.add(placement.chosen);
  }
  assert.ok(chosen.has('split'), [...chosen].join());
});

test('what placing needs and is not there is said when the gate is opened', async () => {
  const refused = (options, message) => assert.rejects(openGate(options), { code: 'invalid_argument', message });
  await refused({ standIn: 'int8' }, /standIn is of place 'auto', and place is 'remote-auto'/);
  await refused({ place: 'auto', standIn: 'int4' }, /has no variant 'int4'; it has int8/);
  await refused({ place: 'auto', standIn: 5 }, /standIn is 5; it must be a name/);
  await refused({ place: 'auto', standIn: '' }, /it must be a name/);
  await refused({ place: 'Auto' }, /place is 'Auto'/);
  await refused({ place: 'auto', server: undefined }, /place 'auto' needs a server/);
  for (const leastAgreement of [0, -1, 1.5, NaN, '0.9']) await refused({ leastAgreement }, /leastAgreement/);
  await refused({ place: 'local', leastAgreement: 0.9 }, /place is 'local'/);
});

test('a file beside its pixels is checked, and one that says to be turned is never sent', async () => {
  const gate = await openGate({});
  await ready(gate);
  const frame = plain(200, 320, 240, 'gray');
  const refused = (jpeg, message) => assert.rejects(gate.infer({ ...frame, jpeg }), { code: 'invalid_image', message });
  await refused('photo.jpg', /jpeg is 'photo\.jpg'; a file comes as Uint8Array/);
  await refused(new Uint8Array(0), /is no JPEG file/);
  await refused(new Uint8Array(5000).fill(0xff), /is no JPEG file/);
  await refused(greyJpeg(200, 320, 240).subarray(0, 80), /is no JPEG file/);
  await refused(greyJpeg(200, 240, 320), /the picture has 320 x 240 pixels, and its jpeg 240 x 320/);
  for (let i = 0; i < 6; ++i) {
    const { placement } = await gate.infer({ ...frame, jpeg: greyJpeg(200, 320, 240, turned(3)) });
    assert.ok(placement.considered.every(({ form }) => form !== 'file'));
    const upright = await gate.infer({ ...frame, jpeg: greyJpeg(200, 320, 240, turned(1)) });
    assert.ok(upright.placement.considered.some(({ form }) => form === 'file'));
  }
});

test('a gate that does not place takes files and does without', async () => {
  const gate = await openGate({ place: 'remote' });
  assert.equal(gate.environment.variant, 'client');
  const { kind, placement, variant } = await gate.infer({ ...plain(200, 320, 240, 'gray'), jpeg: greyJpeg(200, 320, 240) });
  assert.deepEqual([kind, placement, variant], ['remote', undefined, undefined]);
});

test('an encoded picture without its pixels is for browsers', async () => {
  const gate = await openGate({});
  await assert.rejects(gate.infer(new Blob([greyJpeg(200, 32, 32)])), { code: 'unsupported_environment', message: /read by browsers/, hint: /jpeg/ });
});

test('each frame gets the cheapest answer by what is weighed, and says what else there was, at which cost and with which error', async () => {
  const gate = await openGate({ place: 'choice', gate: true, accuracyTarget: 0.8, costs: { perDeviceMs: 0, perKilobyte: 5, perServerMs: 1 } });
  await ready(gate);
  assert.equal(gate.environment.place, 'choice');
  const chosen = new Set();
  for (let i = 0; i < 30; ++i) {
    const { kind, placement, reason } = await gate.infer(plain(i % 2 === 0 ? 20 : 240, 640, 480, 'gray'));
    assert.ok(['skipped', 'remote', 'local'].includes(kind), kind);
    assert.ok(placement !== undefined, reason);
    assert.ok(placement.timesChosen >= 1 && placement.pricePerError >= 0 && placement.actualCost >= 0, JSON.stringify(placement));
    for (const one of placement.considered) {
      assert.ok(one.cost >= 0 && one.error >= 0 && one.error <= 1, JSON.stringify(one));
      assert.equal(typeof one.allowed, 'boolean');
    }
    chosen.add(placement.chosen);
  }
  // Work here costs nothing.
  assert.ok(chosen.has('here'), [...chosen].join());
});

test('where kilobytes are dear frames stay here', async () => {
  const gate = await openGate({ place: 'choice', costs: { perDeviceMs: 0.001, perKilobyte: 1000, perServerMs: 0 }, keptInTime: 0.5 });
  await ready(gate);
  let local = 0;
  for (let i = 0; i < 20; ++i) if ((await gate.infer(plain(200, 64, 64))).kind === 'local') ++local;
  assert.ok(local >= 12, `${local} of 20`);
});

test('what a choice needs and is not there is said when the gate is opened', async () => {
  const refused = (options, message) => assert.rejects(openGate(options), { code: 'invalid_argument', message });
  await refused({ costs: { perKilobyte: 1 } }, /costs is of place 'choice', and place is 'remote-auto'/);
  await refused({ keptInTime: 0.9 }, /keptInTime is of place 'choice'/);
  await refused({ place: 'choice', server: undefined }, /place 'choice' needs a server/);
  await refused({ place: 'choice', standIn: 'int8' }, /standIn is of place 'auto'/);
  await refused({ place: 'choice', costs: { perKilobyte: -1 } }, /perKilobyte is -1/);
  await refused({ place: 'choice', costs: { perKilobyte: Infinity } }, /perKilobyte/);
  await refused({ place: 'choice', costs: { perkilobyte: 1 } }, /perkilobyte/);
  await refused({ place: 'choice', keptInTime: 2 }, /keptInTime is 2/);
});
