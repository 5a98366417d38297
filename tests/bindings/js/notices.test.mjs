// The package carries the notices of what its modules contain.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const text = readFileSync(new URL('../../../bindings/js/dist/NOTICES.txt', import.meta.url), 'utf8');
const table = readFileSync(new URL('../../../THIRD_PARTY.md', import.meta.url), 'utf8');

test('the notices name the parts that THIRD_PARTY.md says are in the modules, each with its terms', () => {
  for (const name of ['XNNPACK', 'pthreadpool', 'FXdiv', 'FP16', 'protozero', 'RapidJSON', 'tl::expected']) {
    assert.ok(table.includes(`| ${name} |`), `THIRD_PARTY.md has no row ${name}`);
    assert.match(text, new RegExp(`={10,}\n${name}\n={10,}\n\n[^]*?(Redistribution|Permission is hereby granted|CC0)`));
  }
  for (const name of ['musl', 'Emscripten']) assert.match(text, new RegExp(`={10,}\n${name}\n={10,}\n\n`));
});
