// Runs tests with Node's own runner: node tests/run-node-tests.mjs [--concurrency N = 2] FILE|FOLDER...; of a folder the files
// *.test.mjs. $SLUICE_JUNIT, where set, receives a report.
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({ options: { concurrency: { type: 'string', default: '2' } }, allowPositionals: true });
const files = positionals.flatMap((path) => {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .filter((name) => name.endsWith('.test.mjs'))
    .sort()
    .map((name) => join(path, name));
});
if (files.length === 0) throw new Error(`no tests in ${positionals.join(' ') || 'nothing'}`);
const reporters = ['--test-reporter=spec', '--test-reporter-destination=stdout'];
if (process.env.SLUICE_JUNIT) reporters.push('--test-reporter=junit', `--test-reporter-destination=${process.env.SLUICE_JUNIT}`);
const { status } = spawnSync(process.execPath, ['--test', `--test-concurrency=${values.concurrency}`, ...reporters, ...files], { stdio: 'inherit' });
process.exit(status ?? 1);
