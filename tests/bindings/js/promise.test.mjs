// The accuracy target kept live, with the real faces bundle: what is answered without the model is audited by it, and the gate says how it stands.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { open } from 'sluice';

import { brightBundle, writeBundle } from './support/bundle.mjs';

const build = process.env.SLUICE_BUILD ?? fileURLToPath(new URL('../../../build/', import.meta.url));
const faces = join(build, 'bundles/faces/');
const opened = [];
const openGate = async (bundle, options) => {
  const gate = await open(bundle, { place: 'local', threads: false, policy: 'keep-all', budgetMs: 60_000, ...options });
  opened.push(gate);
  return gate;
};
after(() => Promise.all(opened.map((gate) => gate.dispose())));

/** Grey noise, another one each time: nobody's face. */
let seed = 1;
function noise(width, height) {
  const data = new Uint8Array(width * height);
  for (let i = 0; i < data.length; ++i) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    data[i] = 100 + (seed >>> 28);
  }
  return { data, width, height, format: 'gray' };
}

const settled = async (gate) => {
  for (let i = 0; i < 600; ++i) {
    const standing = await gate.promise();
    if (standing.auditsPending === 0) return standing;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return assert.fail('audits do not end');
};

for (const worker of [false, true]) {
  test(`answers without the model are audited behind the frames, ${worker ? 'in a worker' : 'on this thread'}`, async () => {
    const gate = await openGate(faces, { worker, promise: 'live', accuracyTarget: 0.9 });
    assert.ok(['plain', 'relaxed'].includes(gate.environment.variant), gate.environment.variant);
    const heard = [];
    const stop = gate.onPromise((standing) => heard.push(standing.state));
    const results = [];
    for (let i = 0; i < 60; ++i) results.push(await gate.infer(noise(320, 240)));
    const without = results.filter(({ kind }) => kind === 'skipped' || kind === 'reused');
    assert.ok(without.length > 10, results.map(({ kind }) => kind).join());
    const standing = await settled(gate);
    assert.equal(standing.inputs, 60);
    assert.equal(standing.answered, without.length);
    assert.equal(standing.audits, results.filter(({ audited }) => audited).length);
    assert.ok(standing.audits >= 1 && standing.auditModelMs > 0);
    assert.equal(standing.auditsFoundWrong, 0);
    assert.equal(standing.target, Math.fround(0.9));
    assert.ok(standing.agreement >= 0.9 && standing.agreementWithMargin <= standing.agreement);
    assert.ok(standing.provenLeast <= standing.agreement && standing.provenMost === 1);
    assert.deepEqual(
      standing.places.map(({ name }) => name),
      ['skip', 'reuse'],
    );
    assert.ok(['learning', 'kept', 'tight'].includes(standing.state), standing.state);
    if (standing.state !== 'learning') assert.ok(heard.includes(standing.state), heard.join());
    stop();

    const { input } = without.at(-1);
    await gate.feedback(input, true);
    await assert.rejects(gate.feedback(input, true), { code: 'not_found' });
    await assert.rejects(gate.feedback(999_999, true), { code: 'not_found' });
    await assert.rejects(gate.feedback(0, true), { code: 'invalid_argument' });
    await assert.rejects(gate.feedback(input, 'yes'), { code: 'invalid_argument', message: /it must be true or false/ });
    const savedState = await gate.saveState();
    const later = await openGate(faces, { worker, promise: 'live', accuracyTarget: 0.9, savedState });
    assert.equal((await later.promise()).inputs, 60);
    assert.equal((await later.infer(noise(320, 240))).kind === 'skipped' || (await later.promise()).inputs === 61, true);
    await assert.rejects(openGate(faces, { worker, promise: 'live', savedState: savedState.subarray(0, 500) }), {
      code: 'invalid_argument',
      message: /cut short/,
    });
    const { pendingPictureBytes } = await gate.memory();
    assert.equal(pendingPictureBytes, 0);
  });
}

test('without a live promise there is nothing to say of one', async () => {
  const gate = await openGate(faces, { worker: false });
  const { audited } = await gate.infer(noise(64, 64));
  assert.equal(audited, false);
  assert.equal(await gate.promise(), undefined);
  assert.equal((await gate.saveState()).length, 0);
  await assert.rejects(openGate(faces, { savedState: new Uint8Array(10) }), { code: 'invalid_argument', message: /savedState is of a live promise/ });
  await assert.rejects(openGate(faces, { promise: 'live', savedState: 'state' }), { code: 'invalid_argument', message: /it must be a Uint8Array/ });
  await assert.rejects(gate.feedback(1, true), { code: 'invalid_argument' });
});

test('a target of 1 leaves nothing to promise', async () => {
  const gate = await openGate(faces, { worker: false, promise: 'live', accuracyTarget: 1 });
  assert.equal((await gate.infer(noise(64, 64))).kind, 'local');
  assert.equal(await gate.promise(), undefined);
});

test('what cannot be compared is refused when the gate is opened', async () => {
  const bright = writeBundle(brightBundle());
  await assert.rejects(openGate(bright.url, { promise: 'live', worker: false }), { code: 'invalid_argument', message: /is about detections/ });
  await assert.rejects(openGate(bright.url, { promise: 'forever' }), { code: 'invalid_argument', message: /promise is 'forever'/ });
});
