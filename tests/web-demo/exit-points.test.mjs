// What the page of early exits works out, without a browser.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { createServer } from 'vite';

import { root } from './server.mjs';

const vite = await createServer({ root: `${root}/web-demo`, configFile: false, logLevel: 'error', server: { middlewareMode: true, ws: false } });
const page = await vite.ssrLoadModule('/src/classify/exit-points.ts');
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

test('depth is the share of the model that ran, and where it left', () => {
  assert.deepEqual(page.depthOf({ kind: 'exited', exit: { number: 2, of: 2 }, cost: { multiplyAdds: 410 } }, stages), { share: 0.41, exit: 2 });
  assert.deepEqual(page.depthOf({ kind: 'local', cost: { multiplyAdds: 1010 } }, stages), { share: 1.01, exit: undefined });
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
