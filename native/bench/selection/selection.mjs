// `./dev bench selection`: which variant of a model answers in time, against the published figures of MDInference and other policies; then with
// queues and on recorded networks. Ends with one line of flat JSON: `table_max_error` in points and `table_max_late_error` of the published
// table; `attainment_250` and `accuracy_250`, the least under any condition with an SLA of 250 ms, and which that was; `off_front`, the conditions
// under which another policy is both less late and more accurate.
//
//   node selection.mjs [--traces ../shared/data/traces] [other options of `sluice simulate selection`]
import { spawnSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { traceFolders } from '../network_traces.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const given = process.argv.slice(2);
const at = given.indexOf('--traces');
const [, source] = at < 0 ? [] : given.splice(at, 2);
const folders = traceFolders(root, source ?? join(root, '..', 'shared/data/traces'));
const { status } = spawnSync(
  join(root, 'build/native/native/cli/sluice'),
  ['simulate', 'selection', '--json', ...folders.flatMap((folder) => ['--traces', folder]), ...given],
  { stdio: 'inherit' },
);
process.exit(status ?? 1);
