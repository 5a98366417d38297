// A decision log that the package recorded is one that `sluice replay` takes.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { open } from 'sluice';

import { breakModule, modulesMade } from './support/break-module.mjs';
import { brightBundle, plain, writeBundle } from './support/bundle.mjs';
import { easy, exitsBundle, hard, harder } from './support/exits-bundle.mjs';
import { greyJpeg } from './support/jpeg.mjs';
import { startServer } from './support/server.mjs';
import { coloured, halvesBundle } from './support/split-bundle.mjs';

const build = process.env.SLUICE_BUILD ?? fileURLToPath(new URL('../../../build', import.meta.url));
const program = join(build, 'native/native/cli/sluice');
const bundle = writeBundle(brightBundle());
let server;

before(async () => {
  assert.ok(existsSync(program), `${program} is not built: cmake --preset native && cmake --build --preset native --target sluice`);
  server = await startServer(bundle.folder);
});
after(() => server?.stop());

/** What `sluice replay` says happened: the inputs' ends, in their order. */
function replay(lines, folder = bundle.folder, name = 'bright') {
  const log = join(folder, 'decisions.log');
  writeFileSync(log, `${lines.join('\n')}\n`);
  const said = execFileSync(program, ['replay', log, '--bundle', join(folder, name)], { encoding: 'utf8' });
  return [...said.matchAll(/input (\d+) +(\S+)/g)].map(([, input, how]) => `${input} ${how}`);
}

async function record(levels, options) {
  const lines = [];
  const gate = await open(bundle.url, { threads: false, budgetMs: 20_000, record: (line) => lines.push(line), ...options });
  const ends = [];
  for (const level of levels) {
    const { input, kind } = await gate.infer(plain(level));
    ends.push(`${input} ${kind}`);
  }
  await gate.stats(); // what was reported before it is there
  await gate.dispose();
  return { lines, ends };
}

for (const [name, options] of [
  ['to a server', () => ({ server: server.url, maxInFlight: 2, accuracyTarget: 0.8 })],
  ['in a worker', () => ({ place: 'local', worker: true })],
  ['on this thread', () => ({ place: 'local', worker: false, policy: 'keep-all', maxWaiting: 7 })],
  ['without its questions', () => ({ place: 'local', worker: false, gate: false })],
]) {
  test(`a run ${name} is replayed with the same ends`, async () => {
    const { lines, ends } = await record([10, 240, 20, 250], options());
    assert.deepEqual(replay(lines), ends);
  });
}

test('a run of a model in two halves is replayed with the same ends', async (t) => {
  const { url, folder } = writeBundle(halvesBundle());
  const own = await startServer(folder);
  t.after(() => own.stop());
  const lines = [];
  const gate = await open(url, { server: own.url, threads: false, budgetMs: 20_000, record: (line) => lines.push(line) });
  const ends = [];
  const ask = async () => {
    const { input, kind } = await gate.infer(coloured([180, 96, 205]));
    ends.push(`${input} ${kind}`);
  };
  for (const target of [0.9, 0.7, 0.95, 0.5]) {
    await gate.setAccuracyTarget(target);
    await ask();
  }
  await own.stop();
  await ask();
  await gate.stats();
  await gate.dispose();
  assert.deepEqual(ends, ['1 split', '2 split', '3 remote', '4 split', '5 split']);
  assert.equal(JSON.parse(lines[0]).halves, 3);
  assert.equal(lines.filter((line) => / halves /.test(line)).length, 4);
  assert.deepEqual(replay(lines, folder, 'halves'), ends);
});

test('a run of a model with early exits is replayed with the same ends', async () => {
  const { url, folder } = writeBundle(exitsBundle());
  const lines = [];
  const gate = await open(url, { place: 'local', threads: false, budgetMs: 20_000, record: (line) => lines.push(line) });
  const ends = [];
  for (const target of [0.8, 0.9, 0.95]) {
    await gate.setAccuracyTarget(target);
    for (const colour of [easy, harder, hard]) {
      const { input, kind } = await gate.infer(coloured(colour));
      ends.push(`${input} ${kind}`);
    }
  }
  await gate.stats();
  await gate.dispose();
  assert.deepEqual(
    ends,
    ['exited', 'exited', 'local', 'exited', 'exited', 'local', 'local', 'local', 'local'].map((kind, i) => `${i + 1} ${kind}`),
  );
  assert.equal(JSON.parse(lines[0]).exits, 1);
  assert.deepEqual(replay(lines, folder, 'exits'), ends);
});

test('a run whose frames were placed is replayed with the same ends', async () => {
  const lines = [];
  const options = { server: server.url, place: 'auto', threads: false, budgetMs: 20_000, leastAgreement: 0.9, record: (line) => lines.push(line) };
  const gate = await open(bundle.url, options);
  const ends = [];
  for (const level of [200, 10, 210, 220, 230, 240]) {
    const { input, kind } = await gate.infer({ ...plain(level, 320, 240, 'gray'), jpeg: greyJpeg(level, 320, 240) });
    ends.push(`${input} ${kind}`);
  }
  await gate.stats();
  await gate.dispose();
  const { place, place_forms, duplicate, stand_in, least_agreement } = JSON.parse(lines[0]);
  assert.deepEqual([place, place_forms, duplicate, stand_in, least_agreement], ['remote-else-local', 1, 1, '', Math.fround(0.9)]);
  assert.deepEqual(replay(lines), ends);
});

test('after a trap a log of its own begins, and the first one is replayed up to there', async (t) => {
  const lines = [];
  const first = modulesMade();
  const gate = await open(bundle.url, { place: 'local', worker: false, threads: false, record: (line) => lines.push(line) });
  t.after(() => gate.dispose());
  await gate.infer(plain(10));
  breakModule(first);
  await assert.rejects(gate.infer(plain(10)), { code: 'internal' });
  await gate.infer(plain(10));
  await gate.stats();
  assert.deepEqual(replay(lines), ['1 skipped']);
  const second = lines.findLastIndex((line) => line.startsWith('{'));
  assert.ok(second > 0);
  assert.deepEqual(replay(lines.slice(second)), ['1 skipped']);
});
