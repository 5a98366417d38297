// Puts tested code into README.md: below a line `<!-- shows: PATH [REGION] -->` the fenced block becomes the text of that file,
// or of the part between its lines `[REGION]` and `[/REGION]` (in a comment). So what the README shows is what tests run.
//   node cmake/generate/readme.mjs           writes README.md
//   node cmake/generate/readme.mjs --check   exits 1 when README.md differs
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const readme = join(root, 'README.md');
const before = readFileSync(readme, 'utf8');
const after = before.replaceAll(
  /^(<!-- shows: (\S+?)(?: (\S+))? -->\n```\w*\n)[\s\S]*?^```$/gm,
  (_, head, path, region) => `${head}${textOf(path, region)}\n\`\`\``,
);

function textOf(path, region) {
  const lines = readFileSync(join(root, path), 'utf8').trimEnd().split('\n');
  if (!region) return lines.join('\n');
  const first = lines.findIndex((line) => line.includes(`[${region}]`));
  const last = lines.findIndex((line) => line.includes(`[/${region}]`));
  if (first < 0 || last < first) throw new Error(`${path} has no region [${region}] ... [/${region}]`);
  const part = lines.slice(first + 1, last);
  const indent = Math.min(...part.filter((line) => line.trim() !== '').map((line) => line.search(/\S/)));
  return part
    .map((line) => line.slice(indent))
    .join('\n')
    .trim();
}

if (after !== before && process.argv.includes('--check')) {
  console.error('README.md shows other code than the files it names; run: node cmake/generate/readme.mjs');
  process.exit(1);
}
if (after !== before) writeFileSync(readme, after);
