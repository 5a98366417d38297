// Generates the table of supported operators from a conformance report (tests/conformance writes it): core/model/OPERATORS.md,
// and the part of README.md between the lines <!-- operators:begin --> and <!-- operators:end --> where there are such lines.
//   node cmake/generate/operator-table.mjs REPORT           writes them
//   node cmake/generate/operator-table.mjs --check REPORT   exits 1 and names the files that are out of date
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const check = process.argv.includes('--check');
const reportPath = process.argv.slice(2).find((argument) => !argument.startsWith('--'));
if (!reportPath) {
  console.error('usage: node cmake/generate/operator-table.mjs [--check] REPORT');
  process.exit(2);
}
const { operators, models, tolerance } = JSON.parse(readFileSync(reportPath, 'utf8'));

const claimed = operators.filter(({ claim }) => claim !== 'none');
const whole = claimed.filter(({ claim }) => claim === 'whole');
const parts = claimed.filter(({ claim }) => claim === 'part');
const total = (rows, key) => rows.reduce((sum, row) => sum + row[key], 0);
const newest = Math.max(...operators.map(({ until_opset }) => until_opset));
const opsets = ({ since_opset, until_opset }) => `${since_opset} to ${until_opset}`;
const shortOpsets = (op) => (op.until_opset === newest ? `${op.since_opset}+` : opsets(op));
const tests = (op) => (op.claim === 'whole' ? `${op.tests}` : `${op.passed} of ${op.tests}`);
const name = (op) => op.name + (op.claim === 'part' ? ` (without ${op.without})` : '');
const engines = (op) => op.engines.join(', ');

const summary = `${whole.length} ONNX operators pass every node test that ONNX has of them in Debian's libonnx-testdata
(${total(whole, 'passed')} tests), ${parts.length} more in part; of the ${models.tests} tests made of several operators ${models.passed} pass and
${models.refused} are refused. Natively and in WebAssembly under Node.js, as written and after the passes; outputs within
${tolerance.absolute} + ${tolerance.relative} × |expected|. A model with anything else is refused with the operator, the node and the nearest supported
operator named.`;

const document = `# Operators

Generated from the conformance run by cmake/generate/operator-table.mjs; edit tests/conformance/claimed.json, not this file.

${summary}

*Opsets* are those whose definition of the operator is implemented. *Kernels*: \`plain\` is portable C++ for every form and type,
\`XNNPACK\` takes the common forms.

| operator | opsets | node tests | kernels |
|---|---|---|---|
${claimed.map((op) => `| ${name(op)} | ${opsets(op)} | ${tests(op)} | ${engines(op)} |`).join('\n')}
`;

// Three operators a row keep the README's table in sight.
const cells = claimed.map((op) => `${name(op)} | ${shortOpsets(op)} | ${tests(op)}`);
const height = Math.ceil(cells.length / 3);
const rows = Array.from({ length: height }, (_, i) => [0, 1, 2].map((column) => cells[column * height + i] ?? '| |').join(' | '));
const readmePart = `<!-- operators:begin -->
${summary}

<details><summary>All operators, with the opset from which each is supported and its node tests</summary>

| operator | opset | tests | operator | opset | tests | operator | opset | tests |
|---|---|---|---|---|---|---|---|---|
${rows.map((row) => `| ${row} |`).join('\n')}

Opset ranges and kernels of each: [core/model/OPERATORS.md](core/model/OPERATORS.md).
</details>
<!-- operators:end -->`;

const outdated = [];
function put(path, text) {
  const file = join(root, path);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  outdated.push(path);
  if (!check) writeFileSync(file, text);
}

put('core/model/OPERATORS.md', document);
const readmeFile = join(root, 'README.md');
if (existsSync(readmeFile)) {
  const readme = readFileSync(readmeFile, 'utf8');
  put(
    'README.md',
    readme.replace(/<!-- operators:begin -->[\s\S]*?<!-- operators:end -->/, () => readmePart),
  );
}

if (check && outdated.length > 0) {
  console.error(`${outdated.join(', ')} out of date; run: node cmake/generate/operator-table.mjs ${reportPath}`);
  process.exit(1);
}
if (!check) for (const path of outdated) console.log(`wrote ${path}`);
