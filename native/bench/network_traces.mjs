// Recorded networks for the benchmarks of placement and selection: a folder with mahimahi/ and archives of other collections, which are
// unpacked into build/traces once. None of them is part of the repository; without the folder networks are made up, and a line says so.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

// The collections of an archive, by the folder that its traces lie in.
const archives = {
  'bandwidth_slim.zip': ['fcc_ori/test_traces', 'cooked_3gp', 'traces_oboe', 'puffer_220218/test_traces'],
  'irish_5g_production.zip': ['5G-production-dataset/Download'],
};

// The folders to give to `sluice simulate ... --traces`.
export function traceFolders(root, source) {
  if (!existsSync(source)) {
    process.stdout.write(`There are no recorded networks in ${source}: what follows is of networks that are made up.\n`);
    return [];
  }
  const folders = [join(source, 'mahimahi')];
  for (const [archive, parts] of Object.entries(archives)) {
    const unpacked = unpack(join(source, archive), join(root, 'build/traces', archive.replace('.zip', '')));
    folders.push(...parts.map((part) => join(unpacked ?? '', part)));
  }
  return folders.filter((folder) => existsSync(folder) && readdirSync(folder).length > 0);
}

function unpack(archive, folder) {
  if (existsSync(folder)) return folder;
  if (!existsSync(archive)) return undefined;
  const partial = `${folder}.${process.pid}.partial`; // two benchmarks may unpack at once
  mkdirSync(partial, { recursive: true });
  try {
    execFileSync('unzip', ['-qo', archive, '-x', '__MACOSX/*', '*.DS_Store', '-d', partial], { stdio: ['ignore', 'ignore', 'inherit'] });
  } catch (problem) {
    process.stdout.write(`${archive} is left out: unzip could not unpack it (${problem.code ?? problem.status})\n`);
    return undefined;
  }
  if (existsSync(folder)) rmSync(partial, { recursive: true });
  else renameSync(partial, folder);
  return folder;
}
