// A model with early exits between this device and a server, through the public API and with the real server: where each picture is answered,
// what is sent for it, and what answers while the server is late or gone.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { open } from 'sluice';

import { breakModule, modulesMade } from './support/break-module.mjs';
import { writeBundle } from './support/bundle.mjs';
import { convolution, cutBundle, evenCoding, exitsBundle, head, side, sureHere, sureNowhere, sureThere, whole } from './support/exits-bundle.mjs';
import { startServer } from './support/server.mjs';
import { coloured } from './support/split-bundle.mjs';

const build = process.env.SLUICE_BUILD ?? fileURLToPath(new URL('../../../build', import.meta.url));
const program = join(build, 'native/native/cli/sluice');
const here = convolution + head; // multiply-adds up to the cut, with its exit
let bundle;
let server;

before(async () => {
  bundle = writeBundle(cutBundle());
  server = await startServer(bundle.folder);
});
after(() => server?.stop());

async function openGate(t, options = {}, url = bundle.url) {
  const gate = await open(url, { server: server.url, threads: false, budgetMs: 20_000, ...options });
  t.after(() => gate.dispose());
  return gate;
}

const picture = (colour) => coloured(colour, side, side);
const foundAt = ({ kind, exit, stopgap }) => ({ kind, exit: exit?.number, of: exit?.of, stopgap });
const logitsOf = ({ outputs }) => [...outputs[0].data].map((one) => Math.round(1000 * one) / 1000);
const ready = (gate) => new Promise((done) => gate.onConnection(({ state }) => state === 'ready' && done()));

test('options that do nothing behind a cut are refused, as the command line refuses them', async () => {
  const refused = (options, url = bundle.url) => open(url, { server: server.url, worker: false, ...options });
  await assert.rejects(refused({ exitsMeanCost: 0.5 }), { code: 'invalid_argument', message: /^exitsMeanCost .* a server goes on from a cut/ });
  await assert.rejects(refused({ staleAnswerMs: 500 }), { code: 'invalid_argument', message: /^staleAnswerMs is of a model in two halves/ });
  await assert.rejects(refused({ exitsMeanCost: 0.5, exits: false, place: 'local' }), { code: 'invalid_argument', message: /and none does/ });
  for (const place of ['local', 'remote-else-local']) await (await refused({ exitsMeanCost: 0.5, place })).dispose();
});

for (const worker of [false, true]) {
  test(`an exit here answers, or the server goes on from what is left, ${worker ? 'in a worker' : 'on this thread'}`, async (t) => {
    const gate = await openGate(t, { worker });
    const red = await gate.infer(picture(sureHere));
    assert.deepEqual(foundAt(red), { kind: 'exited', exit: 1, of: 2, stopgap: false });
    assert.deepEqual([red.cost.bytesUp, red.cost.multiplyAdds], [0, here]);
    const orange = await gate.infer(picture(sureThere));
    assert.deepEqual(foundAt(orange), { kind: 'split', exit: 2, of: 2, stopgap: false });
    assert.deepEqual(logitsOf(orange), [10, 5, 0], 'of the tensor in quarters');
    assert.equal(orange.reason, 'exit 2 of 2 sure on the server');
    assert.ok(orange.cost.bytesUp > 50 && orange.cost.bytesUp < 150, `${orange.cost.bytesUp} bytes for 192 symbols of five`);
    assert.ok(orange.cost.serverComputeMs > 0 && orange.cost.localComputeMs > 0);
    assert.equal(orange.cost.multiplyAdds, here);
    const yellow = await gate.infer(picture(sureNowhere));
    assert.deepEqual(foundAt(yellow), { kind: 'split', exit: undefined, of: undefined, stopgap: false });
    assert.deepEqual([logitsOf(yellow), yellow.outputs.length], [[40, 40, 0], 1]);
    assert.equal(yellow.reason, 'no exit sure, the server ran the rest');
    const { answered, bytesUp } = await gate.stats();
    assert.deepEqual([answered.exited, answered.split], [1, 2]);
    assert.ok(bytesUp >= orange.cost.bytesUp + yellow.cost.bytesUp);
  });
}

test('the accuracy target says what is sure here, and above all of them pictures go whole', async (t) => {
  const gate = await openGate(t);
  await gate.setAccuracyTarget(0.9);
  assert.deepEqual(foundAt(await gate.infer(picture(sureHere))), { kind: 'split', exit: 2, of: 2, stopgap: false });
  assert.equal(await gate.setAccuracyTarget(0.95), 1);
  const result = await gate.infer(picture(sureHere));
  assert.deepEqual([result.kind, result.exit, result.stopgap], ['remote', undefined, false]);
});

test('the environment says what runs here: the stages up to the cut, on the full module', async (t) => {
  const { stages, variant, engine, place, reason } = (await openGate(t)).environment;
  assert.deepEqual(stages, {
    multiplyAdds: whole,
    exits: [{ tensor: 'relu_0', modelMultiplyAdds: convolution, multiplyAdds: head }],
    exitsInAll: 2,
  });
  assert.deepEqual([engine, place], ['sluice', 'remote']);
  assert.ok(['plain', 'relaxed'].includes(variant), reason);
});

for (const [option, options] of [
  ['exits', { exits: false }],
  ['split', { split: false }],
]) {
  test(`without ${option} the small module does, no model is fetched, and pictures go whole`, async (t) => {
    const fetched = new Set();
    const gate = await openGate(t, { ...options, onProgress: ({ what }) => fetched.add(what) });
    assert.deepEqual([gate.environment.variant, gate.environment.engine, gate.environment.stages], ['client', 'none', undefined]);
    assert.equal((await gate.infer(picture(sureHere))).kind, 'remote');
    assert.deepEqual([...fetched].sort(), ['manifest', 'sluice-client.wasm']);
  });
}

test('with the model on this device alone its exits do, to the end', async (t) => {
  const gate = await openGate(t, { place: 'local' });
  assert.deepEqual(foundAt(await gate.infer(picture(sureThere))), { kind: 'exited', exit: 2, of: 2, stopgap: false });
  assert.equal(gate.environment.stages.exits.length, 2);
});

test('many pictures at once keep their own answers', async (t) => {
  const gate = await openGate(t, { policy: 'keep-all', maxWaiting: 100 });
  const colours = Array.from({ length: 60 }, (_, i) => [sureHere, sureNowhere, sureThere][(i * 7) % 3]);
  const results = await Promise.all(colours.map((colour) => gate.infer(picture(colour))));
  const logits = new Map([
    [sureHere, [4, 0, 0]],
    [sureThere, [10, 5, 0]],
    [sureNowhere, [40, 40, 0]],
  ]);
  results.forEach((result, i) => assert.deepEqual(logitsOf(result), logits.get(colours[i]), `picture ${i}: ${result.reason}`));
});

test('the best exit so far answers for a server that is gone, and says so; one that comes back goes on again', async (t) => {
  const own = await startServer(bundle.folder);
  t.after(() => own.stop());
  const gate = await openGate(t, { server: own.url });
  assert.equal((await gate.infer(picture(sureThere))).kind, 'split');
  await own.stop('SIGKILL');
  for (let i = 0; i < 10; ++i) {
    const result = await gate.infer(picture(sureThere));
    assert.deepEqual(foundAt(result), { kind: 'exited', exit: 1, of: 2, stopgap: true });
    assert.match(result.reason, /^exit 1 of 2 not sure: 0\.878 <= 0\.9\d*, nothing better came/);
  }
  assert.equal((await gate.infer(picture(sureHere))).stopgap, false, 'that one is sure all the same');
  const again = await startServer(bundle.folder, [], own.port);
  t.after(() => again.stop());
  await ready(gate);
  assert.deepEqual(foundAt(await gate.infer(picture(sureThere))), { kind: 'split', exit: 2, of: 2, stopgap: false });
});

/** A link to the server that can be made to swallow what the client sends. */
async function startLink(t, port) {
  const link = { stalled: false, url: '' };
  const sockets = new Set();
  const proxy = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    client.on('data', (bytes) => link.stalled || upstream.write(bytes));
    upstream.pipe(client);
    for (const socket of [client, upstream]) sockets.add(socket.on('error', () => undefined));
  }).listen(0, '127.0.0.1');
  await new Promise((listening) => proxy.once('listening', listening));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  link.url = `ws://127.0.0.1:${proxy.address().port}`;
  return link;
}

test('it answers for a server that is late as well, though its bytes went', async (t) => {
  const link = await startLink(t, server.port);
  const gate = await openGate(t, { server: link.url, budgetMs: 2000 });
  await ready(gate);
  assert.equal((await gate.infer(picture(sureThere))).kind, 'split');
  link.stalled = true;
  const late = await gate.infer(picture(sureThere));
  assert.deepEqual(foundAt(late), { kind: 'exited', exit: 1, of: 2, stopgap: true });
  assert.match(late.reason, /nothing better came before the deadline/);
  assert.ok(late.cost.bytesUp > 0);
});

test('where the model may run here it goes on to its end while there is no server', async (t) => {
  const gate = await openGate(t, { server: 'ws://127.0.0.1:1', place: 'remote-else-local' });
  await new Promise((done) => gate.onConnection(({ state }) => state === 'backing-off' && done()));
  assert.deepEqual(foundAt(await gate.infer(picture(sureThere))), { kind: 'exited', exit: 2, of: 2, stopgap: false });
  const result = await gate.infer(picture(sureNowhere));
  assert.deepEqual([result.kind, result.stopgap], ['local', false]);
});

test('a run between device and server is replayed with the same ends', async (t) => {
  const lines = [];
  const gate = await openGate(t, { record: (line) => lines.push(line) });
  const ends = [];
  for (const target of [0.8, 0.9, 0.95]) {
    await gate.setAccuracyTarget(target);
    for (const colour of [sureHere, sureThere, sureNowhere]) {
      const { input, kind } = await gate.infer(picture(colour));
      ends.push(`${input} ${kind}`);
    }
  }
  await gate.stats(); // what was reported before it is there
  await gate.dispose();
  assert.deepEqual(
    ends,
    ['exited', 'split', 'split', 'split', 'split', 'split', 'remote', 'remote', 'remote'].map((kind, i) => `${i + 1} ${kind}`),
  );
  const { cut, exits, halves } = JSON.parse(lines[0]);
  assert.deepEqual([cut, exits, halves], [1, 0, 0]);
  assert.equal(lines.filter((line) => / cut /.test(line)).length, 5);
  const log = join(bundle.folder, 'decisions.log');
  writeFileSync(log, `${lines.join('\n')}\n`);
  const said = execFileSync(program, ['replay', log, '--bundle', join(bundle.folder, 'cut')], { encoding: 'utf8' });
  assert.deepEqual(
    [...said.matchAll(/input (\d+) +(\S+)/g)].map(([, input, how]) => `${input} ${how}`),
    ends,
  );
});

for (const [what, coding, code] of [
  ['that cannot be read', evenCoding().subarray(0, 20), 'malformed_model'],
  ['of another tensor', evenCoding(2), 'shape_mismatch'],
]) {
  test(`a coding ${what} is refused by name, and not needed where pictures go whole`, async (t) => {
    const { url } = writeBundle(cutBundle({}, coding));
    await assert.rejects(open(url, { server: server.url, threads: false }), { code, message: /part 'coding'/ });
    await openGate(t, { split: false }, url);
  });
}

test('a picture whose trap broke the stages fails alone; the next one runs in a new module', async (t) => {
  const first = modulesMade();
  const gate = await openGate(t, { worker: false });
  await gate.infer(picture(sureThere));
  breakModule(first + 1); // that of the stages; the first is the client's
  await assert.rejects(gate.infer(picture(sureThere)), { code: 'internal' });
  assert.deepEqual(foundAt(await gate.infer(picture(sureThere))), { kind: 'split', exit: 2, of: 2, stopgap: false });
});

test('when the server has a version with a cut, the gate goes on with that', async (t) => {
  const own = writeBundle(exitsBundle({ name: 'cut' }));
  const before = await startServer(own.folder);
  t.after(() => before.stop());
  const gate = await openGate(t, { server: before.url }, own.url);
  assert.equal((await gate.infer(picture(sureThere))).kind, 'remote');
  await before.stop();
  writeBundle(cutBundle({ version: '2.0.0' }), own.folder);
  const renewed = await startServer(own.folder, [], before.port);
  t.after(() => renewed.stop());
  const result = await gate.infer(picture(sureThere));
  assert.deepEqual(foundAt(result), { kind: 'split', exit: 2, of: 2, stopgap: false });
  assert.equal(gate.bundle.version, '2.0.0');
  assert.equal(gate.environment.stages.exitsInAll, 2);
});

test('the command line finds the same answers in the same places', async (t) => {
  const folder = join(bundle.folder, 'pictures');
  mkdirSync(folder, { recursive: true });
  const colours = Array.from({ length: 40 }, (_, i) => [255, (i * 53) % 256, i % 4 === 0 ? (i * 97) % 256 : 0]);
  colours.forEach((colour, i) => {
    const { data } = picture(colour);
    writeFileSync(join(folder, `${String(i).padStart(3, '0')}.ppm`), Buffer.concat([Buffer.from(`P6\n${side} ${side}\n255\n`), data]));
  });
  const answers = join(bundle.folder, 'answers.jsonl');
  const of = join(bundle.folder, 'cut');
  execFileSync(program, ['run', '--bundle', of, '--server', server.url.replace('http', 'ws'), '--save-answers', answers, folder]);
  const native = readFileSync(answers, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .sort((a, b) => a.file.localeCompare(b.file))
    .map(({ kind, label, exit }) => ({ kind, label, exit }));
  const gate = await openGate(t, { policy: 'keep-all' });
  const found = [];
  for (const colour of colours) {
    const result = await gate.infer(picture(colour));
    const logits = [...result.outputs[0].data];
    found.push({ kind: result.kind, label: logits.indexOf(Math.max(...logits)), exit: result.exit?.number });
  }
  assert.deepEqual(found, native);
  const places = new Set(found.map(({ kind, exit }) => `${kind} ${exit}`));
  assert.deepEqual([...places].sort(), ['exited 1', 'split 2', 'split undefined'], 'answers of every place are among them');
});
