// Tasks that share something take turns.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Turns } from '../../../bindings/js/dist/engine/turns.js';

test('a task runs at once when nothing is under way, else after what is', async () => {
  const turns = new Turns();
  assert.equal(
    turns.take(() => 1),
    1,
  );
  const log = [];
  let open;
  const first = turns.take(() => new Promise((resolve) => (open = resolve)).then(() => log.push('first')));
  const second = turns.take(() => log.push('second'));
  assert.deepEqual(log, []);
  open();
  await Promise.all([first, second]);
  assert.deepEqual(log, ['first', 'second']);
  await turns.idle();
  assert.equal(
    turns.take(() => 2),
    2,
  );
});

test('a task that fails fails its caller alone', async () => {
  const turns = new Turns();
  const failed = turns.take(async () => {
    throw new Error('no');
  });
  const next = turns.take(() => 'done');
  await assert.rejects(failed, /no/);
  assert.equal(await next, 'done');
  assert.throws(() => new Turns().take(() => JSON.parse('{')));
  await turns.idle();
});
