// `./dev bench placement`: shrink photos before they are sent, or after: PieSlicer as released and as described, constant choices, online models
// and the oracle of the same run, over networks that are made up and recorded ones. Photos are those of `./dev setup --photos`, which this runs.
// Ends with one line of flat JSON: `decision_accuracy` and `always_device_accuracy` where the two ways differ by more than 5 % (`..._all`: of all
// decisions), `p99_over_oracle` of all networks together and of the worst, and what a decision costs in microseconds.
//
//   node placement.mjs [--photos .deps/photos] [--traces ../shared/data/traces] [other options of `sluice simulate placement`]
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { traceFolders } from '../network_traces.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const given = process.argv.slice(2);
const photos = taken('--photos') ?? join(process.env.SLUICE_DEPS ?? join(root, '.deps'), 'photos');
const folders = traceFolders(root, taken('--traces') ?? join(root, '..', 'shared/data/traces'));
if (!existsSync(photos)) {
  process.stderr.write(`There are no photos in ${photos}: ./dev setup --photos fetches some, --photos names others.\n`);
  process.exit(1);
}
const { status } = spawnSync(
  join(root, 'build/native/native/cli/sluice'),
  ['simulate', 'placement', '--photos', photos, '--json', ...folders.flatMap((folder) => ['--traces', folder]), ...given],
  { stdio: 'inherit' },
);
process.exit(status ?? 1);

// An option's value, taken out of what is passed on.
function taken(name) {
  const at = given.indexOf(name);
  return at < 0 ? undefined : given.splice(at, 2)[1];
}
