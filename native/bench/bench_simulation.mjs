// `sluice simulate NAME` as a benchmark: over the networks of a folder of traces, where that is there, ending with one line of flat JSON.
import { spawnSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { traceFolders } from './network_traces.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

function simulate(name, given, stdout) {
  const options = [...given];
  const at = options.indexOf('--traces');
  const [, source] = at < 0 ? [] : options.splice(at, 2);
  const folders = traceFolders(root, source ?? join(root, '..', 'shared/data/traces'));
  return spawnSync(
    join(root, 'build/native/native/cli/sluice'),
    ['simulate', name, '--json', ...folders.flatMap((folder) => ['--traces', folder]), ...options],
    { stdio: ['inherit', stdout, 'inherit'], encoding: 'utf8', maxBuffer: 256 << 20 },
  );
}

/** `given`: options of the simulation, among them `--traces FOLDER`. Returns the exit code. */
export function benchSimulation(name, given) {
  return simulate(name, given, 'inherit').status ?? 1;
}

/** The same, with the JSON that it ends with as `figures`; what is before it is printed. */
export function simulationFigures(name, given) {
  const { status, stdout } = simulate(name, given, 'pipe');
  if (status !== 0) return { status: status ?? 1, figures: {} };
  const lines = stdout.trimEnd().split('\n');
  const figures = JSON.parse(lines.pop());
  if (lines.length) console.log(lines.join('\n'));
  return { status: 0, figures };
}
