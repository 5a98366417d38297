// The whole conversation with the real server: pictures that pass the gate are answered by it, and losing it is reported.
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';

import { open } from 'sluice';

import { brightBundle, plain, writeBundle } from './support/bundle.mjs';
import { startServer } from './support/server.mjs';

let bundle;
let server;
const opened = [];
const openGate = async (options) => {
  const gate = await open(bundle.url, { server: `ws://127.0.0.1:${server.port}/v1/stream`, threads: false, budgetMs: 20_000, ...options });
  opened.push(gate);
  return gate;
};
const state = (gate, wanted) =>
  new Promise((resolve) => {
    const stop = gate.onConnection((event) => {
      if (event.state !== wanted) return;
      queueMicrotask(() => stop());
      resolve(event);
    });
  });

before(async () => {
  bundle = writeBundle(brightBundle());
  server = await startServer(bundle.folder);
});
after(async () => {
  await Promise.all(opened.map((gate) => gate.dispose()));
  await server?.stop();
});

for (const worker of [false, true]) {
  test(`bright pictures cross to the server, dark ones do not, ${worker ? 'in a worker' : 'on this thread'}`, async () => {
    const gate = await openGate({ worker });
    assert.equal(gate.environment.variant, 'client');
    assert.equal(gate.environment.engine, 'none');
    const bright = await gate.infer(plain(200));
    assert.equal(bright.kind, 'remote');
    const [mean] = bright.outputs;
    assert.equal(mean.name, 'mean');
    for (const channel of mean.data) assert.ok(Math.abs(channel - 200 / 255) < 0.01);
    assert.ok(bright.cost.bytesUp > 64 * 48 * 3 && bright.cost.bytesDown > 12 && bright.cost.roundTripMs > 0);
    assert.equal((await gate.infer(plain(10))).kind, 'skipped');
    const stats = await gate.stats();
    assert.deepEqual([stats.answered.remote, stats.answered.skipped, stats.connects, stats.inFlight], [1, 1, 1, 0]);
    assert.ok(stats.bytesUp > bright.cost.bytesUp);
  });
}

for (const worker of [false, true]) {
  test(`a trace goes with its input into the server's log, ${worker ? 'in a worker' : 'on this thread'}`, async () => {
    const gate = await openGate({ worker, policy: 'keep-all' });
    const trace = `4bf92f3577b34da6a3ce929d0e0e473${worker ? 'a' : 'b'}`;
    const traceparent = `00-${trace}-00f067aa0ba902b7-01`;
    await Promise.all([gate.infer(plain(200)), gate.infer(plain(210), { traceparent })]);
    for (const deadline = Date.now() + 20_000; Date.now() < deadline && !server.output().includes(trace);) await new Promise((over) => setTimeout(over, 20));
    const lines = server.output().split('\n');
    assert.equal(lines.filter((line) => line.includes(trace) && line.includes('how=remote')).length, 1);
    await assert.rejects(gate.infer(plain(200), { traceparent: `${traceparent}0` }), {
      code: 'invalid_argument',
      message: /traceparent is '00-.*Trace Context/,
    });
  });
}

test('the page may also download the bundle from the server', async () => {
  const gate = await open(`${server.url}/bundles/bright/`, { server: `${server.url}/v1/stream`, budgetMs: 20_000 });
  opened.push(gate);
  assert.equal((await gate.infer(plain(255))).kind, 'remote');
});

test('a stream keeps its frames apart', async () => {
  const gate = await openGate({ policy: 'keep-all' });
  const levels = Array.from({ length: 60 }, (_, i) => (i * 37) % 256);
  let seen = 0;
  for await (const item of gate.stream(
    levels.map((level) => plain(level)),
    { ordered: true },
  )) {
    const level = levels[item.index];
    assert.equal(item.kind, level / 255 < 0.5 ? 'skipped' : 'remote', JSON.stringify(item.error ?? item.reason));
    if (item.kind === 'remote') assert.ok(Math.abs(item.outputs[0].data[0] - level / 255) < 0.01);
    ++seen;
  }
  assert.equal(seen, levels.length);
});

test('under newest-wins every frame is answered or said to be superseded', async () => {
  const gate = await openGate({ policy: 'newest-wins', maxInFlight: 1 });
  const counts = { remote: 0, superseded: 0 };
  for await (const item of gate.stream(Array.from({ length: 50 }, () => plain(250, 320, 240)))) ++counts[item.kind === 'failed' ? item.error.code : item.kind];
  assert.equal(counts.remote + counts.superseded, 50, JSON.stringify(counts));
  assert.ok(counts.remote >= 1);
  assert.equal((await gate.stats()).superseded, counts.superseded);
});

test('abort cancels a frame under way', async () => {
  const gate = await openGate({});
  await state(gate, 'ready');
  const controller = new AbortController();
  const waiting = gate.infer(plain(250, 640, 480), { signal: controller.signal });
  controller.abort();
  await assert.rejects(waiting, { code: 'cancelled' });
  assert.equal((await gate.infer(plain(250))).kind, 'remote');
});

test('another version of the bundle is refused with both versions', async () => {
  const other = writeBundle(brightBundle({ version: '2.0.0' }));
  const gate = await open(other.url, { server: `ws://127.0.0.1:${server.port}/v1/stream` });
  opened.push(gate);
  const refused = await new Promise((resolve) => gate.onConnection((event) => event.error && resolve(event.error)));
  assert.equal(refused.code, 'bundle_version_mismatch');
  assert.match(refused.message, /1\.0\.0/);
  assert.match(refused.message, /2\.0\.0/);
});

test('without a server frames fail with a reason, or run here', async () => {
  const unused = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => unused.once('listening', resolve));
  const { port } = unused.address();
  await new Promise((resolve) => unused.close(resolve));
  const nobody = { server: `ws://127.0.0.1:${port}/v1/stream` };
  const remote = await openGate({ ...nobody, budgetMs: 300 });
  await state(remote, 'backing-off');
  assert.match(remote.connection.error.message, new RegExp(`127\\.0\\.0\\.1:${port}`));
  assert.equal(remote.connection.error.code, 'not_connected');
  assert.ok(remote.connection.retryInMs > 0);
  await assert.rejects(remote.infer(plain(250)), ({ code }) => ['not_connected', 'deadline_expired', 'connection_lost'].includes(code));
  assert.equal((await remote.infer(plain(5))).kind, 'skipped');
  const either = await openGate({ ...nobody, place: 'remote-else-local' });
  await state(either, 'backing-off');
  assert.equal((await either.infer(plain(250))).kind, 'local');
});

for (const worker of [false, true]) {
  test(`a simulated link holds frames up until it is gone, ${worker ? 'in a worker' : 'on this thread'}`, async () => {
    const gate = await openGate({ worker });
    const ready = state(gate, 'ready');
    await ready;
    gate.simulateLink({ kilobitsPerS: 0 });
    await assert.rejects(gate.infer(plain(200), { signal: AbortSignal.timeout(300) }), { code: 'cancelled' });
    gate.simulateLink({ roundTripMs: 80 });
    const late = await gate.infer(plain(200));
    assert.ok(late.cost.roundTripMs >= 79, `${late.cost.roundTripMs} ms`);
    gate.simulateLink({ kilobitsPerS: 271, roundTripMs: 3 }); // whose bytes leave in parts
    assert.equal((await gate.infer(plain(200))).kind, 'remote');
    assert.equal((await gate.stats()).restarts, 0);
    gate.simulateLink();
    assert.equal((await gate.infer(plain(200))).kind, 'remote');
    for (const link of [{ kilobitsPerS: -1 }, { roundTripMs: Infinity }, { kilobits: 3 }, 5]) {
      assert.throws(() => gate.simulateLink(link), { code: 'invalid_argument' });
    }
  });
}

test('a server that goes and comes back is reported, and frames are answered again', async () => {
  const own = await startServer(bundle.folder);
  const gate = await open(bundle.url, { server: `ws://127.0.0.1:${own.port}/v1/stream`, budgetMs: 20_000 });
  opened.push(gate);
  assert.equal((await gate.infer(plain(250))).kind, 'remote');
  await own.stop('SIGKILL');
  const lost = await state(gate, 'backing-off');
  assert.ok(lost.error !== undefined && lost.retryInMs > 0);
  const again = await startServer(bundle.folder, [], own.port);
  try {
    assert.equal((await gate.infer(plain(250))).kind, 'remote');
    assert.equal((await gate.stats()).connects, 2);
  } finally {
    await gate.dispose();
    await again.stop();
  }
});

for (const worker of [true, false]) {
  test(`a client whose server comes back with a newer version fetches it and goes on, losing no frame, ${worker ? 'in a worker' : 'on this thread'}`, async () => {
    const own = writeBundle(brightBundle());
    const first = await startServer(own.folder);
    const lines = [];
    const logger = { debug: () => undefined, info: (line) => lines.push(line), warn: () => undefined, error: (line) => lines.push(line) };
    const options = { server: `ws://127.0.0.1:${first.port}/v1/stream`, policy: 'keep-all', budgetMs: 60_000, worker, threads: false, logger };
    const gate = await open(own.url, options);
    opened.push(gate);
    assert.equal(gate.bundle.version, '1.0.0');
    let second;
    const frames = async function* () {
      for (let i = 0; i < 40; ++i) {
        if (i === 15) {
          writeBundle(brightBundle({ version: '2.0.0' }), own.folder);
          await first.stop('SIGKILL');
          second = startServer(own.folder, [], first.port);
        }
        yield plain(i % 4 === 0 ? 5 : 250, 320, 240);
      }
    };
    const kinds = [];
    for await (const item of gate.stream(frames(), { ordered: true })) kinds.push(item.kind === 'failed' ? item.error.message : item.kind);
    assert.deepEqual(
      kinds,
      Array.from({ length: 40 }, (_, i) => (i % 4 === 0 ? 'skipped' : 'remote')),
    );
    assert.equal(gate.bundle.version, '2.0.0');
    assert.ok(
      lines.some((line) => line.includes("version 2.0.0 of 'bright'")),
      lines.join('\n'),
    );
    assert.equal((await gate.stats()).restarts, 0);
    await gate.dispose();
    await (await second).stop();
  });
}

test('a client whose bundle lags behind the server waits for it, and says so; what needs no server is answered on', async () => {
  const ours = writeBundle(brightBundle());
  const other = writeBundle(brightBundle({ version: '2.0.0' }));
  const served = await startServer(other.folder);
  try {
    const gate = await open(ours.url, { policy: 'keep-all', budgetMs: 1500, threads: false, server: `ws://127.0.0.1:${served.port}/v1/stream` });
    opened.push(gate);
    await assert.rejects(gate.infer(plain(250)), { code: 'not_connected', message: /bundle_version_mismatch.*1\.0\.0.*2\.0\.0/ });
    const waiting = await state(gate, 'backing-off');
    assert.equal(waiting.error.code, 'bundle_version_mismatch');
    assert.match(waiting.error.message, /has version '1\.0\.0' too/);
    assert.equal((await gate.infer(plain(5))).kind, 'skipped');
    assert.equal(gate.bundle.version, '1.0.0');
    writeBundle(brightBundle({ version: '2.0.0' }), ours.folder);
    await state(gate, 'ready');
    assert.equal((await gate.infer(plain(250))).kind, 'remote');
    assert.equal(gate.bundle.version, '2.0.0');
  } finally {
    await served.stop();
  }
});
