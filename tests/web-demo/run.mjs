// Runs the demo page's tests with Node's test runner; SLUICE_JUNIT names a file for a JUnit report beside the printed one.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const files = readdirSync(here).filter((name) => name.endsWith('.test.mjs')).map((name) => join(here, name));
const report = process.env.SLUICE_JUNIT;
const reporters = ['--test-reporter=spec', '--test-reporter-destination=stdout',
  ...(report ? ['--test-reporter=junit', `--test-reporter-destination=${report}`] : [])];
const { status } = spawnSync(process.execPath, ['--test', '--test-concurrency=1', ...reporters, ...files], { stdio: 'inherit' });
process.exit(status ?? 1);
