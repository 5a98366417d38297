// What the page of early exits works out, without a browser.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { createServer } from 'vite';

import { root } from './server.mjs';

const vite = await createServer({ root: `${root}/web-demo`, configFile: false, logLevel: 'error', server: { middlewareMode: true, ws: false } });
const page = await vite.ssrLoadModule('/src/classify/exit-points.ts');
const where = await vite.ssrLoadModule('/src/classify/where.ts');
after(() => vite.close());

const stages = {
  multiplyAdds: 1000,
  exits: [
    { tensor: 'a', modelMultiplyAdds: 100, multiplyAdds: 5 },
    { tensor: 'b', modelMultiplyAdds: 400, multiplyAdds: 5 },
  ],
};

test('targets say which exits are open, by either rule, and the last one closes all', () => {
  const points = [{ target: 0.9, thresholds: [0.5, 1] }];
  const manifest = (rule) => JSON.stringify({ exits: { rule, places: [{}, {}], points } });
  const none = { target: 1, open: [false, false] };
  assert.deepEqual(page.exitPoints(manifest('max_probability')), [{ target: 0.9, open: [true, false] }, none]);
  points[0].thresholds = [0, 2.5];
  assert.deepEqual(page.exitPoints(manifest('entropy')), [{ target: 0.9, open: [false, true] }, none]);
  points[0].target = 1;
  assert.deepEqual(page.exitPoints(manifest('entropy')), [none]);
});

test('where a server goes on from a cut, the targets are those that were measured with it', () => {
  const exits = { rule: 'max_probability', places: [{}, {}], points: [{ target: 0.9, thresholds: [0.5, 0.5] }] };
  assert.equal(page.hasCut(JSON.stringify({ exits })), false);
  const cut = JSON.stringify({ exits: { ...exits, cut: { points: [{ target: 0.8, thresholds: [1, 0.5] }] } } });
  assert.equal(page.hasCut(cut), true);
  assert.deepEqual(page.exitPoints(cut), [
    { target: 0.8, open: [false, true] },
    { target: 1, open: [false, false] },
  ]);
});

test('where a picture was answered, in words', () => {
  const cost = { bytesUp: 1113 };
  const exit = { number: 2, of: 7 };
  for (const [result, place, sentence] of [
    [{ kind: 'exited', exit, cost: { bytesUp: 0 } }, 'exit here', 'Answered by exit 2 of 7 in this page; nothing sent.'],
    [
      { kind: 'exited', exit, cost, stopgap: true },
      'exit here',
      'Answered by exit 2 of 7 in this page, unsure as it is: the server did not go on; 1,113 bytes sent.',
    ],
    [{ kind: 'split', exit, cost }, 'exit on the server', 'Answered by exit 2 of 7 on the server; 1,113 bytes sent.'],
    [{ kind: 'split', cost }, 'end', "Answered by the model's end on the server; 1,113 bytes sent."],
    [{ kind: 'local', cost: { bytesUp: 0 } }, 'end', "Answered by the model's end in this page; nothing sent."],
    [{ kind: 'remote', cost }, 'end', 'Answered by the whole model on the server; 1,113 bytes sent.'],
  ]) {
    assert.deepEqual([where.placeOf(result), where.sentenceOf(result)], [place, sentence]);
  }
});

test('depth is the share of the model that ran, and where it left', () => {
  assert.deepEqual(page.depthOf({ kind: 'exited', exit: { number: 2, of: 2 }, cost: { multiplyAdds: 410 } }, stages), { share: 0.41, exit: 2, served: false });
  assert.deepEqual(page.depthOf({ kind: 'local', cost: { multiplyAdds: 1010 } }, stages), { share: 1.01, exit: undefined, served: false });
  const there = { kind: 'split', exit: { number: 2, of: 2 }, cost: { multiplyAdds: 105 } };
  assert.deepEqual(page.depthOf(there, stages), { share: 0.105, exit: 2, served: true });
  assert.deepEqual(page.depthOf({ ...there, exit: undefined }, stages), { share: 0.105, exit: undefined, served: true });
  assert.deepEqual(page.exitPlaces(stages), [0.1, 0.4]);
});

test('numbers stand where there is room, and always at the exit that was taken', () => {
  const places = [0.01, 0.03, 0.05, 0.5, 0.52];
  assert.deepEqual(page.labelled(places, undefined, 0.04), [true, false, true, true, false]);
  assert.deepEqual(page.labelled(places, 1, 0.04), [false, true, false, true, false]);
  assert.deepEqual(page.labelled(places, 4, 0.04), [true, false, true, false, true]);
});

test('the sum of many pictures', () => {
  const { counts, mean } = page.summary(
    [
      { share: 0.1, exit: 1 },
      { share: 0.1, exit: 1 },
      { share: 1.3, exit: undefined },
    ],
    2,
  );
  assert.deepEqual(counts, [2, 0, 1]);
  assert.ok(Math.abs(mean - 0.5) < 1e-12);
  assert.deepEqual(page.summary([], 1), { counts: [0, 0], mean: 1 });
});

test('the middle of some times', () => {
  assert.equal(page.median([9, 1, 5]), 5);
  assert.equal(page.median([4, 1, 2, 9]), 3);
});
