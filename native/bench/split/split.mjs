// `./dev bench split`: a bundle in two halves on every n-th picture of CIFAR-10's test split, beside other systems where a file has their
// points; what its remote half does under 64 connections; and a table of ablations where training left one. Nothing is trained here.
// The two files are by default points.jsonl and ablations.jsonl of the folder bundles/NAME-baselines, where there is one.
//
//   node split.mjs [--every 10] [--bundle build/bundles/cifar10-split] [--target 0.9] [--baselines POINTS.jsonl] [--plot FILE.svg]
//                  [--ablations FILE.jsonl] [--rounds 5] [--round-ms 1000]
//
// POINTS: a JSON object a line, as native/eval/split/system_points.hpp describes. Ablations: so, with name, options, bytes_mean, accuracy,
// half_accuracy, skewness and disorder_share. Ends with one line of flat JSON: eval's keys and bench_remote_half's.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { ablationTable, readAblations } from './ablations.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const build = join(root, 'build/native');
const pictures = join(process.env.SLUICE_DEPS ?? join(root, '.deps'), 'cifar10');

const text = { type: 'string' };
const { values: options } = parseArgs({
  options: {
    every: { ...text, default: '10' },
    bundle: { ...text, default: join(root, 'build/bundles/cifar10-split') },
    target: { ...text, default: '0.9' },
    rounds: { ...text, default: '5' },
    'round-ms': { ...text, default: '1000' },
    baselines: text,
    plot: text,
    ablations: text,
    help: { type: 'boolean', short: 'h' },
  },
});
if (options.help) {
  const [head] = readFileSync(fileURLToPath(import.meta.url), 'utf8').split('import ', 1);
  process.stdout.write(head.replaceAll(/^\/\/ ?/gm, ''));
  process.exit(0);
}

for (const [name, file] of [
  ['baselines', 'points.jsonl'],
  ['ablations', 'ablations.jsonl'],
]) {
  const committed = join(root, 'bundles', `${basename(resolve(options.bundle))}-baselines`, file);
  if (options[name] === undefined && existsSync(committed)) options[name] = committed;
}
const ablations = options.ablations === undefined ? [] : readAblations(options.ablations); // before the minutes of measuring
const evaluated = await figuresOf('native/cli/sluice', [
  ...['eval', basename(resolve(options.bundle)), '--bundle', options.bundle, '--data', pictures],
  ...['--every', options.every, '--target', options.target, '--json'],
  ...['baselines', 'plot'].flatMap((name) => (options[name] === undefined ? [] : [`--${name}`, options[name]])),
]);
if (options.baselines !== undefined) {
  process.stdout.write(`\nRows of other systems than sluice and pictures are from ${options.baselines}, measured on all 10,000 test pictures.\n`);
}
const served = await figuresOf('server/bench/bench_remote_half', [
  ...[options.bundle, '--pictures', pictures, '--rounds', options.rounds, '--round-ms', options['round-ms']],
]);
if (ablations.length > 0) process.stdout.write(ablationTable(ablations));
process.stdout.write(`\n${JSON.stringify({ ...evaluated, ...served })}\n`);

// Runs a program of the build, shows what it prints but for its last line, and returns that: flat JSON.
async function figuresOf(program, parameters) {
  const child = spawn(join(build, program), parameters, { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (piece) => (printed += piece));
  const [status] = await once(child, 'close');
  const lines = printed.trimEnd().split('\n');
  const last = lines.pop();
  process.stdout.write(`${lines.join('\n')}\n`);
  if (status !== 0) {
    process.stderr.write(`${program} ended with status ${status}\n`);
    process.exit(1);
  }
  return JSON.parse(last);
}
