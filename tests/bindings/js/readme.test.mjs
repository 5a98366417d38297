// The examples of the package's README and of the repository's compile against the package's types.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const packageFolder = fileURLToPath(new URL('../../../bindings/js/', import.meta.url));

test('the examples of the READMEs compile', () => {
  const texts = [packageFolder, join(packageFolder, '..', '..')].map((folder) => readFileSync(join(folder, 'README.md'), 'utf8'));
  const examples = texts.flatMap((text) => [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code));
  assert.ok(examples.length >= 3);
  const folder = join(packageFolder, 'node_modules', '.readme'); // inside the package, so that it can import itself by name
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  examples.forEach((code, i) => writeFileSync(join(folder, `example-${i}.ts`), code));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: { target: 'es2022', module: 'nodenext', strict: true, noEmit: true, types: [], lib: ['es2023', 'dom', 'dom.iterable'] },
      include: ['*.ts'],
    }),
  );
  const tsc = fileURLToPath(import.meta.resolve('typescript/package.json')).replace(/package\.json$/, 'bin/tsc');
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
  rmSync(folder, { recursive: true, force: true });
  assert.equal(status, 0, stdout);
});
