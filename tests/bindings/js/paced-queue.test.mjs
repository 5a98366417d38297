// A simulated link lets messages through in their order, each when its bytes have had the time, at the rate of the moment.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PacedQueue } from '../../../bindings/js/dist/engine/paced-queue.js';

/** A clock that is turned by hand. */
function handClock() {
  let time = 0;
  let timers = [];
  return {
    now: () => time,
    after: (ms, call) => {
      const timer = { at: time + ms, call };
      timers.push(timer);
      return () => (timers = timers.filter((one) => one !== timer));
    },
    turnTo: (until) => {
      for (;;) {
        const due = timers.filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        timers = timers.filter((timer) => timer !== due);
        time = Math.max(time, due.at);
        due.call();
      }
      time = until;
    },
    waiting: () => timers.length,
  };
}

function queueOn(link) {
  const clock = handClock();
  const arrived = [];
  const queue = new PacedQueue(link, (message) => arrived.push([message.length, Math.round(clock.now())]), clock);
  return { clock, arrived, queue };
}
const bytes = (count) => new Uint8Array(count);

test('without a link messages go through as they come', () => {
  const { arrived, queue, clock } = queueOn(undefined);
  queue.push(bytes(1_000_000));
  assert.deepEqual(arrived, [[1_000_000, 0]]);
  assert.equal(queue.heldBytes, 0);
  assert.equal(clock.waiting(), 0);
});

test('messages leave one after the other, and arrive half a round trip later', () => {
  const { arrived, queue, clock } = queueOn({ kilobitsPerS: 80, roundTripMs: 20 }); // ten bytes a millisecond
  queue.push(bytes(1000));
  queue.push(bytes(500));
  assert.equal(queue.heldBytes, 1500);
  clock.turnTo(50);
  assert.equal(queue.heldBytes, 1000);
  clock.turnTo(50.03);
  assert.equal(queue.heldBytes, 1000, 'a byte that has left in part is held');
  clock.turnTo(109);
  assert.deepEqual(arrived, []);
  clock.turnTo(500);
  assert.deepEqual(arrived, [
    [1000, 110],
    [500, 160],
  ]);
  assert.equal(clock.waiting(), 0);
});

test('what has begun to leave goes on at a new rate; nothing gets through at 0, and all is there once the link is gone', () => {
  const { arrived, queue, clock } = queueOn({ kilobitsPerS: 80 });
  queue.push(bytes(1000));
  clock.turnTo(50); // half of it
  queue.change({ kilobitsPerS: 0 });
  clock.turnTo(10_000);
  assert.equal(queue.heldBytes, 500);
  assert.equal(clock.waiting(), 0);
  queue.change({ kilobitsPerS: 800 });
  clock.turnTo(10_004);
  assert.deepEqual(arrived, []);
  clock.turnTo(10_005);
  assert.deepEqual(arrived, [[1000, 10_005]]);
  queue.change({ kilobitsPerS: 0 });
  queue.push(bytes(7));
  queue.push(bytes(8));
  queue.change(undefined);
  clock.turnTo(10_006);
  assert.deepEqual(
    arrived.slice(1).map(([length]) => length),
    [7, 8],
  );
  assert.ok(queue.passes);
});

test('a shorter delay does not let a message overtake another', () => {
  const { arrived, queue, clock } = queueOn({ roundTripMs: 1000 });
  queue.push(bytes(1));
  queue.change({ roundTripMs: 2 });
  queue.push(bytes(2));
  clock.turnTo(499);
  assert.deepEqual(arrived, []);
  clock.turnTo(500);
  assert.deepEqual(
    arrived.map(([length]) => length),
    [1, 2],
  );
});

test('flush delivers in order, clear drops', () => {
  const { arrived, queue, clock } = queueOn({ kilobitsPerS: 8, roundTripMs: 100 });
  queue.push(bytes(1));
  clock.turnTo(2); // it has left
  queue.push(bytes(2));
  queue.flush();
  assert.deepEqual(
    arrived.map(([length]) => length),
    [1, 2],
  );
  queue.push(bytes(3));
  queue.clear();
  clock.turnTo(10_000);
  assert.equal(arrived.length, 2);
  assert.equal(queue.heldBytes, 0);
});
