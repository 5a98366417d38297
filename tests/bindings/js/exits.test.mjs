// A model with early exits through the public API: how far each picture goes, what was run for it, and that the same pictures leave at
// the same exits on the command line.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { open } from 'sluice';

import { breakModule, modulesMade } from './support/break-module.mjs';
import { writeBundle } from './support/bundle.mjs';
import { convolution, easy, exitsBundle, hard, harder, head, side, whole } from './support/exits-bundle.mjs';
import { stagedExits } from './support/onnx.mjs';
import { startServer } from './support/server.mjs';
import { coloured } from './support/split-bundle.mjs';

const build = process.env.SLUICE_BUILD ?? fileURLToPath(new URL('../../../build', import.meta.url));
const program = join(build, 'native/native/cli/sluice');
let bundle;

before(() => {
  bundle = writeBundle(exitsBundle());
});

async function openGate(t, options = {}, url = bundle.url) {
  const gate = await open(url, { place: 'local', threads: false, budgetMs: 20_000, ...options });
  t.after(() => gate.dispose());
  return gate;
}

const depthOf = ({ kind, exit, cost }) => ({ kind, exit, multiplyAdds: cost.multiplyAdds });

for (const worker of [false, true]) {
  test(`each picture runs as far as it must, ${worker ? 'in a worker' : 'on this thread'}`, async (t) => {
    const gate = await openGate(t, { worker });
    const first = await gate.infer(coloured(easy, side, side));
    assert.deepEqual(depthOf(first), { kind: 'exited', exit: { number: 1, of: 2 }, multiplyAdds: convolution + head });
    assert.match(first.reason, /^exit 1 of 2 sure: 0\.96\d* > 0\.9/);
    assert.ok(first.cost.localComputeMs > 0);
    const [logits, place] = first.outputs;
    assert.deepEqual([logits.name, logits.dims, [...logits.data].map((one) => Math.round(1000 * one))], ['logits', [1, 3], [4000, 0, 0]]);
    assert.deepEqual([place.name, place.type, [...place.data]], ['exit', 'int32', [0]]);
    const second = await gate.infer(coloured(harder, side, side));
    assert.deepEqual(depthOf(second), { kind: 'exited', exit: { number: 2, of: 2 }, multiplyAdds: 2 * (convolution + head) });
    const third = await gate.infer(coloured(hard, side, side));
    assert.deepEqual(depthOf(third), { kind: 'local', exit: undefined, multiplyAdds: whole + 2 * head });
    assert.match(third.reason, /no exit sure of 2 asked/);
    assert.equal(third.outputs.length, 1);
    const { answered, totals } = await gate.stats();
    assert.deepEqual([answered.exited, answered.local], [2, 1]);
    assert.equal(totals.multiplyAdds, 3 * (convolution + head) + whole + 2 * head);
  });
}

test('the environment says what stages and exits cost, and which build runs them', async (t) => {
  const { stages, variant, engine } = (await openGate(t)).environment;
  assert.deepEqual(stages, {
    multiplyAdds: whole,
    exits: [
      { tensor: 'relu_0', modelMultiplyAdds: convolution, multiplyAdds: head },
      { tensor: 'relu_1', modelMultiplyAdds: 2 * convolution, multiplyAdds: head },
    ],
    exitsInAll: 2,
  });
  assert.ok(['plain', 'relaxed'].includes(variant) && engine === 'sluice');
});

test('the accuracy target says which exits are open', async (t) => {
  const gate = await openGate(t);
  assert.ok(Math.abs((await gate.setAccuracyTarget(0.9)) - 0.9) < 1e-6);
  assert.deepEqual(depthOf(await gate.infer(coloured(easy, side, side))), {
    kind: 'exited',
    exit: { number: 2, of: 2 },
    multiplyAdds: 2 * convolution + head,
  });
  assert.equal(await gate.setAccuracyTarget(0.95), 1);
  const all = await gate.infer(coloured(easy, side, side));
  assert.deepEqual(depthOf(all), { kind: 'local', exit: undefined, multiplyAdds: whole });
  assert.match(all.reason, /no exit is open at this target/);
});

test('exits can be left out: the model then runs whole, and nothing is counted', async (t) => {
  const gate = await openGate(t, { exits: false });
  const result = await gate.infer(coloured(easy, side, side));
  assert.deepEqual(depthOf(result), { kind: 'local', exit: undefined, multiplyAdds: 0 });
  assert.equal(gate.environment.stages, undefined);
  await assert.rejects(open(bundle.url, { place: 'local', exits: 'no' }), { code: 'invalid_argument', message: /exits is 'no'; it must be true or false/ });
});

test('many pictures at once keep their own answers', async (t) => {
  const gate = await openGate(t, { policy: 'keep-all', maxWaiting: 100 });
  const colours = Array.from({ length: 40 }, (_, i) => [easy, harder, hard][(i * 7) % 3]);
  const results = await Promise.all(colours.map((colour) => gate.infer(coloured(colour, side, side))));
  results.forEach((result, i) => assert.equal(result.exit?.number, { [easy]: 1, [harder]: 2 }[colours[i]], `picture ${i}: ${result.reason}`));
});

test('one that is cancelled on its way leaves nothing to the next', async (t) => {
  const gate = await openGate(t, { worker: false, policy: 'keep-all' });
  let cancelled = 0;
  for (let round = 0; round < 20; ++round) {
    const given = new AbortController();
    const gone = gate.infer(coloured(hard, side, side), { signal: given.signal });
    const kept = gate.infer(coloured(harder, side, side));
    for (let turn = 0; turn < round; ++turn) await Promise.resolve();
    given.abort();
    await gone.then(
      ({ kind }) => assert.equal(kind, 'local'),
      ({ code }) => assert.equal(code, 'cancelled', `${++cancelled}`),
    );
    assert.equal((await kept).exit?.number, 2);
  }
  assert.ok(cancelled > 0, 'some are given up on their way');
});

test('while there is no connection it runs here by stages', async (t) => {
  const server = await startServer(bundle.folder);
  t.after(() => server.stop());
  const gate = await openGate(t, { server: server.url, place: 'remote-else-local' });
  await new Promise((ready) => gate.onConnection(({ state }) => state === 'ready' && ready()));
  assert.equal((await gate.infer(coloured(easy, side, side))).kind, 'remote');
  await server.stop();
  const result = await gate.infer(coloured(easy, side, side));
  assert.deepEqual(depthOf(result), { kind: 'exited', exit: { number: 1, of: 2 }, multiplyAdds: convolution + head });
});

test('with a server alone the small module does, and pictures go whole', async (t) => {
  const server = await startServer(bundle.folder);
  t.after(() => server.stop());
  const gate = await openGate(t, { server: server.url, place: 'remote' });
  assert.deepEqual([gate.environment.variant, gate.environment.stages], ['client', undefined]);
  assert.equal((await gate.infer(coloured(easy, side, side))).kind, 'remote');
});

test('ONNX Runtime Web runs the model whole, and the logger hears that exits are not used', async (t) => {
  const said = [];
  const gate = await openGate(t, { engine: 'onnxruntime-web', logger: { info: (message) => said.push(message) } });
  const result = await gate.infer(coloured(easy, side, side));
  assert.deepEqual(depthOf(result), { kind: 'local', exit: undefined, multiplyAdds: 0 });
  assert.ok(
    said.some((message) => /early exits are not used: ONNX Runtime Web runs it whole/.test(message)),
    said.join('\n'),
  );
});

test("after a trap of the model's module its picture fails, and the next one runs in a new module", async (t) => {
  const first = modulesMade();
  const gate = await openGate(t, { worker: false });
  await gate.infer(coloured(easy, side, side));
  breakModule(first + 1); // the model's; the first is the client's
  await assert.rejects(gate.infer(coloured(easy, side, side)), { code: 'internal' });
  assert.equal((await gate.infer(coloured(harder, side, side))).exit.number, 2);
});

for (const [what, exits, branches, code, message] of [
  [
    'a tensor that the model does not have',
    { places: [{ tensor: 'nowhere', exit: 'exit_0' }], points: [{ target: 0.8, thresholds: [0.9] }] },
    undefined,
    'not_found',
    /nowhere/,
  ],
  [
    'an exit that the branches do not have',
    { places: [{ tensor: 'relu_0', exit: 'none' }], points: [{ target: 0.8, thresholds: [0.9] }] },
    undefined,
    'not_found',
    /none/,
  ],
  ['branches that are no model', {}, new Uint8Array(7), 'malformed_model', /branches/],
  ['an unknown rule', { rule: 'hope' }, undefined, 'malformed_manifest', /rule/],
  ['too few thresholds', { points: [{ target: 0.8, thresholds: [0.9] }] }, undefined, 'malformed_manifest', /thresholds/],
]) {
  test(`a bundle with ${what} is refused`, async () => {
    const { url } = writeBundle(exitsBundle({}, exits, branches));
    await assert.rejects(open(url, { place: 'local', threads: false }), { code, message });
  });
}

test('an exit whose logits are no numbers fails its picture alone', async (t) => {
  const { url } = writeBundle(exitsBundle({}, {}, stagedExits(side, NaN)));
  const gate = await openGate(t, {}, url);
  await assert.rejects(gate.infer(coloured(easy, side, side)), { code: 'execution_failed' });
  await gate.setAccuracyTarget(0.9);
  assert.equal((await gate.infer(coloured(easy, side, side))).exit.number, 2);
});

test('where a later one fails, the latest exit that was asked answers, and the reason says what failed', async (t) => {
  const { url } = writeBundle(exitsBundle({}, {}, stagedExits(side, 4, NaN)));
  const gate = await openGate(t, {}, url);
  const result = await gate.infer(coloured(hard, side, side));
  assert.deepEqual(depthOf(result), { kind: 'exited', exit: { number: 1, of: 2 }, multiplyAdds: convolution + head });
  assert.match(result.reason, /exit 1 of 2 not sure: .*no number/);
  assert.equal(result.stopgap, true);
});

test('the command line lets the same pictures leave at the same exits, with the same answers', async (t) => {
  const folder = join(bundle.folder, 'pictures');
  mkdirSync(folder, { recursive: true });
  let state = 7;
  const next = () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) >>> 24;
  const pictures = Array.from({ length: 60 }, (_, i) => {
    const data = Uint8Array.from({ length: 3 * side * side }, (_, at) => (at % 3 === i % 3 ? 255 - (next() * (i % 20)) / 20 : (next() * (i % 17)) / 17));
    writeFileSync(join(folder, `${String(i).padStart(3, '0')}.ppm`), Buffer.concat([Buffer.from(`P6\n${side} ${side}\n255\n`), data]));
    return { data, width: side, height: side, format: 'rgb' };
  });
  const answers = join(bundle.folder, 'answers.jsonl');
  execFileSync(program, ['run', '--bundle', join(bundle.folder, 'exits'), '--place', 'local', '--save-answers', answers, folder]);
  const native = readFileSync(answers, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .sort((a, b) => a.file.localeCompare(b.file))
    .map(({ kind, label, exit }) => ({ kind, label, exit }));
  const gate = await openGate(t, { policy: 'keep-all' });
  const here = [];
  for (const picture of pictures) {
    const { kind, exit, outputs } = await gate.infer(picture);
    const logits = [...outputs[0].data];
    here.push({ kind, label: logits.indexOf(Math.max(...logits)), exit: exit?.number });
  }
  assert.deepEqual(here, native);
  const reached = new Set(here.map(({ exit }) => exit));
  assert.deepEqual([...reached].sort(), [1, 2, undefined], 'pictures of every depth are among them');
});
