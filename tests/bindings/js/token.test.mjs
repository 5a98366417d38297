// A server that wants a token: who has it is served, over the WebSocket and for the bundle's download; others hear why not.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { open } from 'sluice';

import { brightBundle, plain, writeBundle } from './support/bundle.mjs';
import { startServer } from './support/server.mjs';

// Its base64 holds what base64url writes differently, and padding.
const token = '~~~?~~>';
let bundle;
let server;
const opened = [];
const openGate = async (from, options) => {
  const gate = await open(from, { server: `ws://127.0.0.1:${server.port}`, threads: false, budgetMs: 20_000, ...options });
  opened.push(gate);
  return gate;
};
const stopped = (gate) =>
  new Promise((resolve) => {
    gate.onConnection((event) => {
      if (event.state === 'stopped') resolve(event);
    });
  });

before(async () => {
  bundle = writeBundle(brightBundle());
  const list = join(bundle.folder, 'tokens');
  writeFileSync(list, `page ${createHash('sha256').update(token).digest('hex')}\n`);
  server = await startServer(bundle.folder, ['--token-file', list]);
});
after(async () => {
  await Promise.all(opened.map((gate) => gate.dispose()));
  await server?.stop();
});

for (const worker of [false, true]) {
  const where = worker ? 'in a worker' : 'on this thread';

  test(`a token opens the connection and fetches the bundle, ${where}`, async () => {
    for (const given of [token, () => token, async () => token]) {
      const gate = await openGate(`${server.url}/bundles/bright/`, { worker, token: given });
      assert.equal((await gate.infer(plain(200))).kind, 'remote');
    }
  });

  test(`another token, or none, ends the connection with the reason, ${where}`, async () => {
    for (const [options, words] of [
      [{ token: 'beta' }, /is not, or no longer/],
      [{}, /no token came/],
    ]) {
      const gate = await openGate(bundle.url, { worker, ...options });
      const { error } = await stopped(gate);
      assert.equal(error.code, 'unauthenticated');
      assert.match(error.message, words);
      await assert.rejects(gate.infer(plain(200)), { code: 'unauthenticated' });
      await assert.rejects(open(`${server.url}/bundles/bright/`, { server: server.url, worker, ...options }), { code: 'unauthenticated' });
    }
  });

  test(`a function is asked for each connection, and one that fails is asked again, ${where}`, async () => {
    let calls = 0;
    const gate = await openGate(bundle.url, {
      worker,
      token: () => {
        if (++calls === 1) throw new Error('not signed in yet');
        return token;
      },
    });
    assert.equal((await gate.infer(plain(200))).kind, 'remote');
    assert.equal(calls, 2);
  });
}

test('a token goes to no other host', async () => {
  const seen = [];
  const other = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.end(readFileSync(join(bundle.folder, request.url)));
  });
  await new Promise((resolve) => other.listen(0, '127.0.0.1', resolve));
  try {
    const gate = await openGate(`http://127.0.0.1:${other.address().port}/bright/`, { token });
    assert.equal((await gate.infer(plain(200))).kind, 'remote');
    assert.ok(seen.length >= 2);
    assert.ok(seen.every((header) => header === undefined));
  } finally {
    other.close();
  }
});

test('what can be no token is refused, and not shown', async () => {
  await assert.rejects(open(bundle.url, { token: 7 }), { code: 'invalid_argument', message: /token is 7; it must be a string or a function/ });
  for (const wrong of ['', 'al pha', 'alpha\n']) {
    await assert.rejects(open(bundle.url, { server: server.url, token: wrong }), (error) => {
      assert.equal(error.code, 'invalid_argument');
      assert.ok(!error.message.includes('alpha') && !error.message.includes('al pha'));
      return true;
    });
  }
});
