// Functions of the user's that throw: told once, and nothing else is different. Neither a worker nor a call is left behind.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';

import { open, openFilter } from 'sluice';

import { brightBundle, plain, writeBundle } from './support/bundle.mjs';

const { url } = writeBundle(brightBundle());
const workerFile = new URL('../../../bindings/js/dist/worker/worker.node.js', import.meta.url);
const fail = () => {
  throw new Error('mine');
};

/** What the console was told while `run` ran. */
async function consoleErrors(t, run) {
  const told = [];
  t.mock.method(console, 'error', (text, thrown) => told.push([text, thrown?.message]));
  await run();
  t.mock.restoreAll();
  return told;
}

/** A Web Worker of Node's, and what ends it as a crash would. */
function crashingWorker() {
  const worker = new Worker(workerFile);
  const web = {
    postMessage: (message, transfer) => worker.postMessage(message, transfer),
    terminate: () => worker.terminate(),
    set onmessage(listener) {
      worker.on('message', (data) => listener({ data }));
    },
  };
  return { web, exited: new Promise((resolve) => worker.on('exit', resolve)), crash: () => web.onerror({ message: 'it died' }) };
}

for (const worker of [true, false]) {
  const where = worker ? 'in a worker' : 'on this thread';

  test(`onProgress, record and listeners that throw are told to the logger once each, ${where}`, async () => {
    const told = [];
    const logger = { error: (text) => told.push(text) };
    const gate = await open(url, { worker, threads: false, policy: 'keep-all', onProgress: fail, record: fail, logger });
    const end = gate.onConnection(fail);
    assert.equal((await gate.infer(plain(10))).kind, 'skipped');
    assert.equal((await gate.infer(plain(250))).kind, 'local');
    end();
    gate.onConnection(async () => fail()); // its promise rejects
    await gate.dispose();
    await gate.dispose();
    const expected = ['onProgress() threw: mine', 'record() threw: mine', "onConnection()'s listener threw: mine", "onConnection()'s listener threw: mine"];
    assert.deepEqual(told.sort(), expected.sort());
  });

  test(`without a logger the console hears of them, and of a logger that throws, ${where}`, async (t) => {
    for (const [logger, expected] of [
      [undefined, "sluice: onConnection()'s listener threw: mine"],
      [{ debug: fail }, "sluice: onConnection()'s listener threw: mine"],
      [{ error: fail }, 'sluice: logger.error() threw:'],
    ]) {
      const told = await consoleErrors(t, async () => {
        const gate = await open(url, { worker, threads: false, logger });
        gate.onConnection(fail);
        await gate.dispose();
      });
      assert.deepEqual(
        told.filter(([text]) => !text.includes('logger.debug')),
        [[expected, 'mine']],
      );
    }
  });
}

test('a listener that throws at the end leaves no worker that keeps Node running', () => {
  const script = `
    import('sluice').then(async ({ open }) => {
      const gate = await open(${JSON.stringify(url.href)}, { threads: false });
      let calls = 0;
      gate.onConnection(() => {
        if (++calls > 1) throw new Error('mine');
      });
      const infer = gate.infer({ data: new Uint8Array(30000), width: 100, height: 100, format: 'rgb' }).catch(({ code }) => code);
      await gate.dispose();
      await gate.dispose();
      console.log(await infer, calls);
    });`;
  const cwd = fileURLToPath(new URL('../../../bindings/js/', import.meta.url));
  const { stdout, stderr, status } = spawnSync(process.execPath, ['-e', script], { cwd, encoding: 'utf8', timeout: 20_000 });
  assert.equal(status, 0, stderr);
  assert.equal(stdout.trim(), 'disposed 2', stderr);
});

test('calls end when the worker dies, whatever the logger and the listeners do', async (t) => {
  const { web, exited, crash } = crashingWorker();
  const told = await consoleErrors(t, async () => {
    const gate = await open(url, { threads: false, createWorker: () => web, logger: { error: fail } });
    gate.onConnection(fail);
    const waiting = [gate.infer(plain(250, 2000, 2000)), gate.stats(), gate.stream([plain(250, 2000, 2000)]).next()];
    crash();
    for (const call of waiting) await assert.rejects(call, { code: 'unsupported_environment', message: /it died/ });
    assert.equal(gate.connection.state, 'stopped');
    await gate.dispose();
    await exited;
  });
  assert.deepEqual(told, [['sluice: logger.error() threw:', 'mine']]);
});

test('a source whose ending throws does not keep the gate from ending', async () => {
  const gate = await open(url, { threads: false });
  const { signal } = new AbortController();
  const frames = { [Symbol.iterator]: () => ({ next: () => ({ done: false, value: plain(10) }), return: fail }) };
  const stream = gate.stream(frames, { signal });
  assert.equal((await stream.next()).value.kind, 'skipped');
  await gate.dispose();
  assert.equal(gate.connection.state, 'stopped');
});

test('a source that cannot be iterated over rejects next() with a type, or with what it threw itself', async (t) => {
  const gate = await open(url, { worker: false, threads: false });
  t.after(() => gate.dispose());
  for (const frames of [5, {}]) await assert.rejects(gate.stream(frames).next(), { code: 'invalid_argument' });
  await assert.rejects(gate.stream({ [Symbol.asyncIterator]: fail }).next(), (thrown) => thrown.code === undefined);
});

test("openFilter()'s onProgress may throw as well, whatever it throws", async (t) => {
  for (const thrown of [new Error('mine'), Object.create(null)]) {
    const told = await consoleErrors(t, async () => {
      const onProgress = () => {
        throw thrown;
      };
      const filter = await openFilter(url, { onProgress });
      assert.equal((await filter.judge(plain(10))).skip, true);
      filter.dispose();
    });
    assert.equal(told.length, 1);
    assert.match(told[0][0], /^sluice: onProgress\(\) threw: (mine|a value that has no text)$/);
  }
});
