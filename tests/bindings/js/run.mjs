// Runs the tests of the npm package: node tests/bindings/js/run.mjs [FILE...]; all of them, fixtures included, by default.
// $SLUICE_JUNIT, where set, receives a report.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('..', import.meta.url));
const all = ['js', 'browser', 'fixtures'].filter((part) => existsSync(join(folder, part))).flatMap((part) => readdirSync(join(folder, part)).filter((file) => file.endsWith('.test.mjs')).sort().map((file) => join(folder, part, file)));
const files = process.argv.length > 2 ? process.argv.slice(2) : all;
const reporters = ['--test-reporter=spec', '--test-reporter-destination=stdout'];
if (process.env.SLUICE_JUNIT) reporters.push('--test-reporter=junit', `--test-reporter-destination=${process.env.SLUICE_JUNIT}`);
const { status } = spawnSync(process.execPath, ['--test', '--test-concurrency=2', ...reporters, ...files], { stdio: 'inherit' });
process.exit(status ?? 1);
