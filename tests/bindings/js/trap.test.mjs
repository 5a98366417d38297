// A module that traps, or has no memory left for what it has to remember, is not called again: the frames under way fail with a type, a
// new instance serves those that follow, and the user is told.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { open, openFilter } from 'sluice';

import { brightBundle, plain, writeBundle } from './support/bundle.mjs';
import { breakModule, exhaustModule, modulesMade } from './support/break-module.mjs';
import { startServer } from './support/server.mjs';

const bundle = writeBundle(brightBundle());
const trapped = { code: 'internal', message: /the module trapped/, hint: /new instance/ };
let server;

before(async () => (server = await startServer(bundle.folder)));
after(() => server.stop());

async function openFor(t, options) {
  const said = [];
  const logger = { error: (text) => said.push(text) };
  const gateModule = modulesMade(); // made first; a model in the page gets one of its own
  const gate = await open(bundle.url, { worker: false, threads: false, logger, ...options });
  t.after(() => gate.dispose());
  return { gate, gateModule, said };
}

test('after a trap of the gate later frames are answered, at the target that was set', async (t) => {
  const { gate, gateModule, said } = await openFor(t, { place: 'local' });
  await gate.setAccuracyTarget(0.75);
  const first = await gate.infer(plain(20));
  assert.equal(first.kind, 'skipped');
  breakModule(gateModule);
  const failing = gate.infer(plain(20));
  const next = gate.infer(plain(20)); // offered while there is no instance
  await assert.rejects(failing, trapped);
  const second = await next;
  assert.equal(second.kind, 'skipped');
  assert.ok(Math.abs(second.threshold - 0.9) < 1e-6, `the threshold is ${second.threshold}`);
  assert.ok(second.input > first.input, 'no number of an input comes twice');
  assert.equal((await gate.infer(plain(220))).kind, 'local');
  const stats = await gate.stats();
  assert.deepEqual([stats.offered, stats.failed, stats.restarts, stats.answered.skipped], [4, 1, 1, 2]);
  assert.equal(said.length, 1);
  assert.match(said[0], /trapped.*new instance/);
});

test('frames on their way to the server fail with a type, and the connection is made anew', async (t) => {
  const { gate } = await openFor(t, { server: `${server.url}/v1/stream`, budgetMs: 20_000 });
  assert.equal((await gate.infer(plain(250))).kind, 'remote');
  const underWay = gate.infer(plain(250, 320, 240));
  breakModule();
  await assert.rejects(underWay, trapped); // met by what the engine does next: sending, or taking the answer in
  assert.equal((await gate.infer(plain(250))).kind, 'remote');
  const stats = await gate.stats();
  assert.deepEqual([stats.connects, stats.restarts, stats.answered.remote, stats.inFlight], [2, 1, 2, 0]);
});

test('questions that meet a trap fail with a type, and are answered afterwards', async (t) => {
  const { gate, gateModule } = await openFor(t, { place: 'local' });
  let current = gateModule;
  for (const ask of [() => gate.stats(), () => gate.memory(), () => gate.setAccuracyTarget(0.9)]) {
    breakModule(current);
    await assert.rejects(ask(), trapped);
    await ask();
    current = modulesMade() - 1;
    assert.equal((await gate.infer(plain(10))).kind, 'skipped');
  }
  assert.equal((await gate.stats()).restarts, 3);
});

test('the full model in the page comes back as well', async (t) => {
  const { gate, gateModule, said } = await openFor(t, { place: 'local' });
  assert.equal((await gate.infer(plain(220))).kind, 'local');
  breakModule(gateModule + 1);
  await assert.rejects(gate.infer(plain(220)), { code: 'internal', message: /trapped/ });
  const again = await gate.infer(plain(220));
  assert.equal(again.kind, 'local');
  assert.ok(Math.abs(again.outputs[0].data[0] - 220 / 255) < 1e-3);
  assert.match(said[0], /trapped/);
});

test('a module that traps again and again ends the gate with a type', async (t) => {
  const { gate, gateModule } = await openFor(t, { place: 'local' });
  assert.equal((await gate.infer(plain(10))).kind, 'skipped');
  const ended = new Promise((resolve) => gate.onConnection(({ state, error }) => state === 'stopped' && resolve(error)));
  for (let i = 0; i < 4; ++i) {
    breakModule(i === 0 ? gateModule : modulesMade() - 1);
    await assert.rejects(gate.infer(plain(10)), { code: 'internal' });
    await gate.stats().catch(() => undefined); // waits for the next instance
  }
  assert.match((await ended).message, /the same befell 3 new instances/);
  await assert.rejects(gate.infer(plain(10)), { code: 'internal', message: /the same befell 3 new instances/ });
  await gate.dispose();
});

for (const kind of ['local', 'remote']) {
  test(`a gate without memory is made anew, and the input that met it fails with a type (${kind})`, async (t) => {
    const place = kind === 'local' ? { place: 'local' } : { server: `${server.url}/v1/stream`, budgetMs: 20_000 };
    const { gate, gateModule, said } = await openFor(t, { maxMemoryBytes: 16 << 20, ...place });
    assert.equal((await gate.infer(plain(220))).kind, kind);
    exhaustModule(gateModule); // the next input is asked about all the same, and what to do about it finds no room
    await assert.rejects(gate.infer(plain(220)), { code: 'out_of_memory', message: /bytes do not fit/, hint: /maxMemoryBytes/ });
    assert.equal((await gate.infer(plain(220))).kind, kind);
    const stats = await gate.stats();
    assert.deepEqual([stats.restarts, stats.failed, stats.answered[kind], stats.inFlight], [1, 1, 2, 0]);
    assert.match(said.at(-1), /bytes do not fit.*new instance/);
  });
}

test('a model in the page without memory fails its input with a type, and goes on when there is some', async (t) => {
  const { gate, gateModule } = await openFor(t, { place: 'local', maxMemoryBytes: 16 << 20 });
  assert.equal((await gate.infer(plain(220))).kind, 'local');
  const giveBack = exhaustModule(gateModule + 1);
  await assert.rejects(gate.infer(plain(220)), { code: 'out_of_memory', message: /bytes do not fit/ });
  giveBack();
  assert.equal((await gate.infer(plain(220))).kind, 'local');
  assert.equal((await gate.stats()).restarts, 0);
});

test('a gate can be disposed of while it is made anew', async (t) => {
  const { gate, gateModule } = await openFor(t, { place: 'local' });
  breakModule(gateModule);
  const failing = gate.infer(plain(10));
  const waiting = gate.infer(plain(10));
  const refused = [assert.rejects(failing), assert.rejects(waiting, { code: 'disposed' })];
  await gate.dispose();
  await Promise.all(refused);
});

test('openFilter() recovers too', async () => {
  const filter = await openFilter(bundle.url, { accuracyTarget: 0.75 });
  breakModule();
  await assert.rejects(filter.judge(plain(10)), trapped);
  const [verdict, other] = await Promise.all([filter.judge(plain(10)), filter.judge(plain(240))]);
  assert.deepEqual([verdict.skip, other.skip], [true, false]);
  assert.ok(Math.abs(verdict.threshold - 0.9) < 1e-6);
  filter.dispose();
  await assert.rejects(filter.judge(plain(10)), { code: 'disposed' });
});
