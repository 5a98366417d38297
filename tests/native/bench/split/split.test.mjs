// `./dev bench split`: the table of ablations from lines made up here, and a short real run of all parts on a few pictures. What the
// figures are is the benchmark's matter.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { ablationTable, readAblations } from '../../../../native/bench/split/ablations.mjs';

const bench = fileURLToPath(new URL('../../../../native/bench/split/split.mjs', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'sluice-bench-split-'));
after(() => rmSync(work, { recursive: true, force: true }));

const written = (name, text) => {
  const file = join(work, name);
  writeFileSync(file, text);
  return file;
};

const plain = '{"name": "plain", "options": "--importance-weight 0", "bytes_mean": 281.04, "accuracy": 0.88, "half_accuracy": 0.81}';

test('an ablation is a line of the table, with dashes for what was not measured', () => {
  const ablations = readAblations(written('good.jsonl', `${plain}\n\n{"name": "xai", "accuracy": 0.5, "skewness": 0.8, "disorder_share": 0.01}\n`));
  assert.equal(ablations.length, 2);
  const lines = ablationTable(ablations).trimEnd().split('\n').slice(-2);
  assert.match(lines[0], /^  plain +281\.0 +88\.00 % +81\.00 % +- +- +--importance-weight 0$/);
  assert.match(lines[1], /^  xai +- +50\.00 % +- +80\.00 % +1\.00 %$/);
});

test('a line that is no ablation is refused by its number', () => {
  assert.throws(() => readAblations(written('bad.jsonl', `${plain}\n{`)), /bad\.jsonl, line 2: not a JSON object/);
  assert.throws(() => readAblations(written('nameless.jsonl', '{"accuracy": 1}')), /line 1: 'name' is missing/);
  assert.throws(() => readAblations(written('text.jsonl', '{"name": "x", "skewness": "high"}')), /line 1: 'skewness' is no number/);
});

test('a short run ends with one line of flat JSON, of the evaluation and of the server', () => {
  const plot = join(work, 'split.svg');
  const points = written('points.jsonl', '{"system":"made-up","bytes_mean":500,"accuracy":0.8,"device_macs":9216}\n');
  const output = execFileSync(
    process.execPath,
    [bench, '--every', '400', '--rounds', '1', '--round-ms', '100', '--baselines', points, '--plot', plot, '--ablations', written('one.jsonl', plain)],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const lines = output.trimEnd().split('\n');
  const figures = JSON.parse(lines.pop());
  assert.equal(figures.samples, 25);
  for (const key of ['accuracy', 'bytes_mean', 'bytes_lzw', 'bytes_table_per_channel', 'latency_ms_270', 'remote_half_gain_64']) {
    assert.ok(figures[key] > 0, `${key} is ${figures[key]}`);
  }
  for (const value of Object.values(figures)) assert.ok(value === null || typeof value !== 'object', 'flat');
  const table = lines.join('\n');
  for (const part of ['made-up', 'Ablations', 'LZW', 'Calibrated anew', 'one by one']) assert.ok(table.includes(part), part);
  assert.match(readFileSync(plot, 'utf8'), /made-up/);
});
