// `./dev bench devices`: a copy of the faces bundle whose answers are shared, a server over it, and bench_devices against that.
//
//   node devices.mjs [--frames 70] [--every 10]      what is not known here goes to bench_devices
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const build = join(root, 'build/native');
const recording = join(process.env.SLUICE_DEPS ?? join(root, '.deps'), 'footage/stream.mp4');

const work = mkdtempSync(join(tmpdir(), 'sluice-devices-'));
let server;
try {
  const bundle = join(work, 'faces');
  cpSync(join(root, 'build/bundles/faces'), bundle, { recursive: true, dereference: true });
  const file = join(bundle, 'manifest.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  for (const question of manifest.questions) if (question.kind === 'reuse') question.answers = 'shared';
  writeFileSync(file, JSON.stringify(manifest));
  server = spawn(join(build, 'server/sluice-server'), ['--bundles', work, '--port', '0', '--json-log'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = await portOf(server);
  const program = spawn(join(build, 'native/bench/bench_devices'), [`ws://127.0.0.1:${port}`, bundle, recording, ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  [process.exitCode] = await once(program, 'exit');
} finally {
  server?.kill();
  rmSync(work, { recursive: true, force: true });
}

async function portOf(child) {
  for await (const line of createInterface({ input: child.stdout })) {
    const { event, port } = JSON.parse(line);
    if (event !== 'listening') continue;
    child.stdout.resume(); // what it still says must not fill its pipe
    return Number(port);
  }
  throw new Error('the server ended before it listened');
}
