// A model in two halves through the public API, against the real server: how much goes by the accuracy target, what both halves
// say together, and the guess where the server does not answer.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { open, openDeviceHalf } from 'sluice';

import { brightBundle, describe as describePart, writeBundle } from './support/bundle.mjs';
import { scaledMeans } from './support/onnx.mjs';
import { startServer } from './support/server.mjs';
import { coloured, expected, halvesBundle, side, toyUnit } from './support/split-bundle.mjs';

const colour = [180, 96, 205];
const deadServer = 'ws://127.0.0.1:9/v1/stream';
let bundle;
let server;

before(async () => {
  bundle = writeBundle(halvesBundle());
  server = await startServer(bundle.folder);
});
after(() => server?.stop());

async function openGate(t, options, url = bundle.url) {
  const gate = await open(url, { server: `ws://127.0.0.1:${server.port}/v1/stream`, threads: false, budgetMs: 20_000, ...options });
  t.after(() => gate.dispose());
  return gate;
}

function answerOf(result) {
  const [logits, channels] = result.outputs;
  assert.deepEqual(
    [result.kind, logits.name, logits.type, logits.dims, channels.name, channels.type, channels.dims],
    ['split', 'logits', 'float32', [1, 3], 'channels', 'int32', [1]],
  );
  return { logits: [...logits.data], channels: channels.data[0] };
}

for (const worker of [false, true]) {
  test(`both halves answer together, ${worker ? 'in a worker' : 'on this thread'}`, async (t) => {
    const gate = await openGate(t, { worker });
    const result = await gate.infer(coloured(colour));
    assert.deepEqual(answerOf(result), { logits: expected(colour, 3), channels: 3 });
    assert.ok(result.cost.localComputeMs > 0 && result.cost.serverComputeMs >= 0 && result.cost.bytesUp > 3 * side * side * 0.5);
    assert.deepEqual((await gate.stats()).answered.split, 1);
  });
}

test('the accuracy target says how many channels go, and above all points the whole picture does', async (t) => {
  const gate = await openGate(t, {});
  const sizes = [];
  for (const [target, kept, channels] of [
    [0.9, 0.9, 3],
    [0.7, 0.7, 1],
    [0.6, 0.7, 1],
    [0.5, 0.5, 0],
  ]) {
    assert.ok(Math.abs((await gate.setAccuracyTarget(target)) - kept) < 1e-6);
    const result = await gate.infer(coloured(colour));
    assert.deepEqual(answerOf(result), { logits: expected(colour, channels), channels }, `target ${target}`);
    sizes.push(result.cost.bytesUp);
  }
  assert.ok(sizes[0] > sizes[1] && sizes[1] > 0 && sizes[3] === 0, sizes.join());
  assert.equal(await gate.setAccuracyTarget(0.95), 1);
  for (const options of [{}, { channels: 1 }]) {
    const whole = await gate.infer(coloured(colour), options);
    assert.equal(whole.kind, 'remote');
    assert.deepEqual([...whole.outputs[0].data], [52, -32, 77]);
  }
});

test('targets that were read are targets that can be given back', async (t) => {
  // Seven digits would round some of these up, above the points that they are of.
  for (const target of [0.93230647, 0.9100936, 0.60896144, 0.33333334, 0.7]) {
    const points = [
      { target: target / 2, channels: 1 },
      { target, channels: 3 },
    ];
    const { split } = halvesBundle().manifest;
    const { url } = writeBundle(halvesBundle({ split: { ...split, points }, default_target: target }));
    const own = await openGate(t, { server: deadServer }, url);
    const { defaultTarget } = own.bundle;
    assert.equal(Math.fround(defaultTarget), Math.fround(target));
    assert.ok(String(defaultTarget).length <= 10, `${defaultTarget} is short`);
    const kept = await own.setAccuracyTarget(defaultTarget);
    assert.ok(kept < 1, `the points reach ${defaultTarget}`);
    assert.equal(await own.setAccuracyTarget(kept), kept);
  }
});

test('the default target given is the same as none', async (t) => {
  const target = 0.93230647;
  const { split } = halvesBundle().manifest;
  const points = [...split.points, { target, channels: 3 }];
  const { url, folder } = writeBundle(halvesBundle({ split: { ...split, points }, default_target: target }));
  const own = await startServer(folder);
  t.after(() => own.stop());
  const unsaid = await openGate(t, { server: own.url }, url);
  const said = await openGate(t, { server: own.url, accuracyTarget: unsaid.bundle.defaultTarget }, url);
  for (const gate of [unsaid, said]) assert.deepEqual(answerOf(await gate.infer(coloured(colour))), { logits: expected(colour, 3), channels: 3 });
});

test('an input may say how many channels go at most', async (t) => {
  const gate = await openGate(t, { policy: 'keep-all' });
  const asked = [2, 0, 3, 1, 256];
  const results = await Promise.all(asked.map((channels) => gate.infer(coloured(colour), { channels })));
  for (const [i, result] of results.entries()) {
    const channels = Math.min(asked[i], 3);
    assert.deepEqual(answerOf(result), { logits: expected(colour, channels), channels });
    assert.equal(result.reason, `from ${channels} channels of features`);
  }
  await gate.setAccuracyTarget(0.7);
  assert.equal(answerOf(await gate.infer(coloured(colour), { channels: 3 })).channels, 1);
  for (const channels of [-1, 257, 1.5, '2'])
    await assert.rejects(gate.infer(coloured(colour), { channels }), { code: 'invalid_argument', message: /channels/ });
});

test('a limit holds for bytes: of a plain picture what they bring beside is taken, not refused', async (t) => {
  const half = await openDeviceHalf(bundle.url);
  const { payloadBytes } = await half.run(coloured([0, 0, 0]));
  const gate = await openGate(t, {});
  for (let limit = 1; limit <= 3; ++limit) {
    const result = await gate.infer(coloured([0, 0, 0]), { channels: limit });
    const { channels } = answerOf(result);
    assert.ok(channels >= limit, `${channels} channels of at most ${limit}, in ${payloadBytes.join()} bytes: ${result.reason}`);
  }
});

test('a trace goes with the features into the log of the server', async (t) => {
  const gate = await openGate(t, {});
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
  await gate.infer(coloured(colour), { traceparent: `00-${trace}-00f067aa0ba902b7-01` });
  for (const deadline = Date.now() + 20_000; Date.now() < deadline && !server.output().includes(trace);) await new Promise((over) => setTimeout(over, 20));
  assert.match(server.output(), new RegExp(`${trace}.*how=split|how=split.*${trace}`));
});

test('inputs that overlap keep their own guesses', async (t) => {
  const gate = await openGate(t, { policy: 'keep-all', accuracyTarget: 0.7, maxWaiting: 200 });
  const colours = Array.from({ length: 40 }, (_, i) => [(i * 37) % 256, (i * 91) % 256, (i * 53) % 256]);
  const results = await Promise.all(colours.map((one) => gate.infer(coloured(one, 40, 24))));
  results.forEach((result, i) => assert.deepEqual(answerOf(result).logits, expected(colours[i], 1)));
});

test('without a server the guess answers, in time', async (t) => {
  const gate = await openGate(t, { server: deadServer, budgetMs: 3000 });
  const result = await gate.infer(coloured(colour));
  assert.deepEqual(answerOf(result), { logits: expected(colour, 0), channels: 0 });
  assert.match(result.reason, /nothing better came, not_connected/);
  assert.ok(result.cost.localComputeMs > 0 && result.cost.bytesUp === 0);
  const stats = await gate.stats();
  assert.deepEqual([stats.answered.split, stats.failed], [1, 0]);
});

test('a server that refuses for good is named in the reason of every guess, and that it is for good', async (t) => {
  const list = join(bundle.folder, 'tokens');
  writeFileSync(list, `page ${createHash('sha256').update('alpha').digest('hex')}\n`);
  const guarded = await startServer(bundle.folder, ['--token-file', list]);
  t.after(() => guarded.stop());
  const { manifest, files } = halvesBundle();
  const unknown = writeBundle({ manifest: { ...manifest, name: 'unheard-of' }, files });
  for (const [options, url, says] of [
    [{ server: guarded.url, token: 'beta' }, bundle.url, /unauthenticated: .*token/],
    [{}, unknown.url, /unknown_bundle: .*unheard-of/],
  ]) {
    const gate = await openGate(t, options, url);
    for (let i = 0; i < 2; ++i) {
      const result = await gate.infer(coloured(colour));
      assert.deepEqual(answerOf(result), { logits: expected(colour, 0), channels: 0 });
      assert.match(result.reason, says);
      assert.match(result.reason, /nothing better came, .*; that is final$/);
    }
    assert.equal(gate.connection.state, 'stopped');
    await assert.rejects((await openGate(t, { ...options, split: false }, url)).infer(coloured(colour)), {
      message: new RegExp(says.source.replace(/^\w+: /, '')),
    });
  }
});

/** Takes connections, and never says a word. */
async function startSilentServer(t) {
  const sockets = new Set();
  const silent = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
  await new Promise((listening) => silent.listen(0, '127.0.0.1', listening));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  return `ws://127.0.0.1:${silent.address().port}/v1/stream`;
}

for (const worker of [false, true]) {
  test(`the first picture gets its guess from a server that never answers, ${worker ? 'in a worker' : 'on this thread'}`, async (t) => {
    const gate = await openGate(t, { server: await startSilentServer(t), worker, budgetMs: 300 });
    const result = await gate.infer(coloured(colour));
    assert.deepEqual(answerOf(result), { logits: expected(colour, 0), channels: 0 });
    assert.match(result.reason, /^from 0 channels of features, nothing better came/);
  });
}

test('a picture that is to send nothing does not wait for the first connection', async (t) => {
  const gate = await openGate(t, { server: await startSilentServer(t), budgetMs: 20_000 });
  const result = await gate.infer(coloured(colour), { channels: 0 });
  assert.deepEqual([answerOf(result).channels, result.reason], [0, 'from 0 channels of features']);
  assert.ok(['connecting', 'handshaking'].includes(gate.connection.state), gate.connection.state);
});

for (const worker of [false, true]) {
  test(`on video an older answer is put to the guess, where that is asked for, ${worker ? 'in a worker' : 'on this thread'}`, async (t) => {
    const near = colour.map((level) => level + 3);
    for (const staleAnswerMs of [undefined, 0, 20_000]) {
      const gate = await openGate(t, { worker, staleAnswerMs });
      assert.equal(answerOf(await gate.infer(coloured(colour))).channels, 3);
      const result = await gate.infer(coloured(near), { channels: 0 });
      // With all channels the guess has no share.
      assert.deepEqual(answerOf(result), { logits: staleAnswerMs ? expected(colour, 3) : expected(near, 0), channels: 0 });
      assert.match(
        result.reason,
        staleAnswerMs ? /^from 0 channels of features, with the answer about a picture \d+ ms before$/ : /^from 0 channels of features$/,
      );
    }
  });
}

test('an age that is none is refused', async () => {
  for (const staleAnswerMs of [-1, 1.5, 60_001, '100'])
    await assert.rejects(open(bundle.url, { server: deadServer, staleAnswerMs }), { code: 'invalid_argument', message: /staleAnswerMs/ });
});

test('where the full model may run here, that answers without a server', async (t) => {
  const gate = await openGate(t, { server: deadServer, place: 'remote-else-local' });
  const { kind, outputs } = await gate.infer(coloured(colour));
  assert.deepEqual([kind, [...outputs[0].data]], ['local', [52, -32, 77]]);
});

test('what REUSE remembers goes before the halves, and they go before the picture', async (t) => {
  const { manifest, files } = halvesBundle();
  files['embedding.onnx'] = scaledMeans('picture', side, 1);
  const { url, folder } = writeBundle({
    manifest: {
      ...manifest,
      parts: [...manifest.parts, describePart('embedding', files['embedding.onnx'])],
      questions: [
        {
          kind: 'reuse',
          part: 'embedding',
          input: { width: side, height: side, channels: 'rgb' },
          output: 'logits',
          operating_points: [{ target: 0.97, confidence: 0.95, threshold: 30, filter_rate: 0.5 }],
        },
      ],
    },
    files,
  });
  const own = await startServer(folder);
  t.after(() => own.stop());
  const gate = await openGate(t, { server: own.url, accuracyTarget: 0.95 }, url);
  const ask = async (picture) => (await gate.infer(coloured(picture))).kind;
  const near = colour.map((level) => level + 3);
  assert.deepEqual([await ask(colour), await ask(near)], ['remote', 'reused']);
  assert.ok(Math.abs((await gate.setAccuracyTarget(0.8)) - 0.87) < 1e-6);
  assert.deepEqual([await ask(near), await ask([20, 220, 20]), await ask([20, 220, 20])], ['reused', 'split', 'split']);
  const { answered } = await gate.stats();
  assert.deepEqual([answered.remote, answered.reused, answered.split], [1, 2, 2]);
});

test('what nobody waits for is not guessed', async (t) => {
  const gate = await openGate(t, { server: deadServer, budgetMs: 3000, policy: 'newest-wins' });
  const results = await Promise.allSettled(Array.from({ length: 4 }, () => gate.infer(coloured(colour))));
  // The first one's half runs at once.
  assert.deepEqual(
    results.map(({ value, reason }) => value?.kind ?? reason.code),
    ['split', 'superseded', 'superseded', 'split'],
  );
  await assert.rejects(gate.infer({ data: new Uint8Array(3), width: 8, height: 8, format: 'rgb' }), { category: 'argument' });
});

test('split: false sends whole pictures, and there is no guess', async (t) => {
  const gate = await openGate(t, { split: false });
  assert.equal((await gate.infer(coloured(colour))).kind, 'remote');
  const lonely = await openGate(t, { split: false, server: deadServer, budgetMs: 300 });
  await assert.rejects(lonely.infer(coloured(colour)), { name: 'SluiceError' });
});

test('damaged units and sections are refused with what is wrong', async (t) => {
  const damaged = Buffer.from(toyUnit);
  damaged[0] ^= 0xff;
  await assert.rejects(openGate(t, {}, writeBundle(halvesBundle({}, {}, damaged)).url), { code: 'malformed_model', message: /device half/ });
  const { split } = halvesBundle().manifest;
  for (const [change, message] of [
    [{ points: [] }, /split\.points/],
    [{ points: [split.points[1], split.points[0]] }, /points\[1\]\.target/],
    [{ points: [{ target: 0.5, channels: 300 }] }, /channels/],
    [{ points: [{ target: 0.5, channels: 4 }] }, /promises something of 4 channels; the device half codes 3/],
    [
      {
        points: [
          { target: 0.5, channels: 3 },
          { target: 0.9, channels: 1 },
        ],
      },
      /points\[1\]\.channels/,
    ],
    [{ device: 3 }, /split\.device/],
    [{ device: 'nothing' }, /nothing/],
  ]) {
    const { url } = writeBundle(halvesBundle({ split: { ...split, ...change } }));
    await assert.rejects(openGate(t, {}, url), { category: 'bundle', message }, JSON.stringify(change));
    await assert.rejects(openDeviceHalf(url), { category: 'bundle', message }, JSON.stringify(change));
  }
});

test('a unit that can only guess is refused, as natively', async (t) => {
  const guessing = Buffer.from(toyUnit);
  guessing.writeUInt32LE(0, 60); // the length of its coding tables
  const { url } = writeBundle(halvesBundle({}, {}, guessing));
  const refused = { name: 'SluiceError', code: 'malformed_model', message: /'device'.*no tables to code features with/ };
  await assert.rejects(openGate(t, {}, url), refused);
  await assert.rejects(openDeviceHalf(url), refused);
});

test('a guess that keeps less than its own bundle asks for waits for the first connection, and the picture goes whole', async (t) => {
  const { split } = halvesBundle().manifest;
  const { url, folder } = writeBundle(halvesBundle({ split: { ...split, points: [{ target: 0.6, channels: 0 }] } }));
  const own = await startServer(folder);
  t.after(() => own.stop());
  const gate = await openGate(t, { server: own.url }, url);
  const { kind, reason, outputs } = await gate.infer(coloured(colour));
  assert.deepEqual([kind, reason, [...outputs[0].data]], ['remote', 'more is asked than the two halves keep', [52, -32, 77]]);
  await gate.setAccuracyTarget(0.6);
  assert.equal((await gate.infer(coloured(colour))).kind, 'split');
  const lonely = await openGate(t, { server: deadServer, budgetMs: 3000 }, url);
  assert.deepEqual(answerOf(await lonely.infer(coloured(colour))), { logits: expected(colour, 0), channels: 0 });
});

test('the device half alone says what it would send', async () => {
  const half = await openDeviceHalf(bundle.url);
  assert.deepEqual([half.bundle.name, half.channels, half.width, half.height, half.points.at(-1)], ['halves', 3, side, side, { target: 0.9, channels: 3 }]);
  const run = await half.run(coloured(colour, 33, 20));
  assert.deepEqual([...run.guess], expected(colour, 0));
  assert.deepEqual([...run.picture.subarray(0, 6)], [...colour, ...colour]);
  assert.deepEqual([run.maps.length, run.mapWidth, run.mapHeight, run.symbols, run.maps[0][0], run.maps[1][0]], [3, 8, 8, 16, 11, 6]);
  assert.equal(run.payloadBytes.length, 4);
  assert.ok(
    run.payloadBytes.every((bytes, i) => (i === 0 ? bytes === 0 : bytes > run.payloadBytes[i - 1])),
    run.payloadBytes.join(),
  );
  await assert.rejects(openDeviceHalf(writeBundle(brightBundle()).url), { code: 'invalid_argument', message: /'bright' is not in two halves/ });
  await assert.rejects(openDeviceHalf(bundle.url, { server: 'ws://x' }), { code: 'invalid_argument', message: /openDeviceHalf\(\) has no 'server'/ });
});
