// `sluice simulate NAME` as a benchmark: over the networks of a folder of traces, where that is there, ending with one line of flat JSON.
import { spawnSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { traceFolders } from './network_traces.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** `given`: options of the simulation, among them `--traces FOLDER`. Returns the exit code. */
export function benchSimulation(name, given) {
  const options = [...given];
  const at = options.indexOf('--traces');
  const [, source] = at < 0 ? [] : options.splice(at, 2);
  const folders = traceFolders(root, source ?? join(root, '..', 'shared/data/traces'));
  const { status } = spawnSync(
    join(root, 'build/native/native/cli/sluice'),
    ['simulate', name, '--json', ...folders.flatMap((folder) => ['--traces', folder]), ...options],
    { stdio: 'inherit' },
  );
  return status ?? 1;
}
