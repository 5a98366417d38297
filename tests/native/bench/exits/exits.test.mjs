// `./dev bench exits`: a short real run of all parts on a few pictures. What the figures are is the benchmark's matter.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const bench = fileURLToPath(new URL('../../../../native/bench/exits/exits.mjs', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'sluice-bench-exits-'));
after(() => rmSync(work, { recursive: true, force: true }));

test('a short run ends with one line of flat JSON, of each backbone and of the worst of them', () => {
  const plot = join(work, 'exits.svg');
  const points = join(work, 'points.jsonl');
  const branchy = (backbone) => JSON.stringify({ system: 'branchynet', backbone, variant: 'made up', accuracy: 1, macs_mean: 5e7 });
  writeFileSync(points, `${branchy('vgg')}\n${branchy('inception')}\n`);
  const output = execFileSync(process.execPath, [bench, '--every', '400', '--baselines', points, '--plot', plot], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const lines = output.trimEnd().split('\n');
  const figures = JSON.parse(lines.pop());
  assert.equal(figures.samples, 25);
  for (const backbone of ['vgg', 'inception']) {
    for (const key of ['backbone_accuracy', 'macs_over_backbone', 'ms_over_backbone_native', 'exits_kept', 'exits_cost_share']) {
      assert.ok(figures[`${backbone}_${key}`] > 0, `${backbone}_${key} is ${figures[`${backbone}_${key}`]}`);
    }
  }
  assert.equal(figures.exits_cost_share, Math.max(figures.vgg_exits_cost_share, figures.inception_exits_cost_share));
  for (const value of Object.values(figures)) assert.ok(value === null || typeof value !== 'object', 'flat');
  // Other systems saw all pictures: beside a part of them they would not be compared.
  assert.equal(figures.macs_over_branchynet, null);
  assert.ok(!lines.join('\n').includes('branchynet'));
  assert.match(readFileSync(plot, 'utf8'), /<svg/);
});
