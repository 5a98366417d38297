// Adds up the JUnit reports of `./dev test`:   node summary.mjs NAME=REPORT.xml...
// Prints one row for each part, what failed (of a doctest program its test cases and checks), and last "N passed, N failed". Exits with
// 1 when anything failed.
// A ctest entry that ran a doctest program counts as that program's test cases; a part without a report counts as one failure.
import { existsSync, readFileSync } from 'node:fs';

const doctestSummary = /\[doctest\] test cases:\s*(\d+)\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed/;

/** @returns {{ name: string, body: string }[]} the test cases of a JUnit report, however nested the suites are */
function testCases(xml) {
  return [...xml.matchAll(/<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)].map(([, attributes, body]) => ({
    name: /\bname="([^"]*)"/.exec(attributes)?.[1] ?? '?',
    status: /\bstatus="([^"]*)"/.exec(attributes)?.[1],
    body: body ?? '',
  }));
}

// Programs that run in Node believe that somebody looks; ctest writes down what XML has no place for.
const colours = /(?:\u001b|\[NON-XML-CHAR-0x1B\])\[[\d;]*m/g;
const maxDetails = 24;

/** @returns {string[]} what a doctest program said of its failures: each test case that failed, with its checks and their values */
function doctestFailures(body) {
  const text = body
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&apos;/g, "'")
    .replace(/&amp;/g, '&');
  return text
    .split('\n')
    .filter((line) => /^(TEST CASE|\s+values|\s+logged): |: (FATAL )?ERROR: /.test(line))
    .slice(0, maxDetails)
    .map((line) => line.replace(`${process.cwd()}/`, ''));
}

function count(xml) {
  const total = { passed: 0, failed: 0, skipped: 0, failures: [] };
  for (const { name, status, body: coloured } of testCases(xml)) {
    const body = coloured.replace(colours, '');
    const cases = doctestSummary.exec(body);
    const failed = /<(failure|error)\b/.test(body) || status === 'fail';
    if (/<skipped\b/.test(body) || status === 'notrun' || status === 'disabled') {
      total.skipped += 1;
    } else if (cases) {
      total.passed += Number(cases[2]);
      total.failed += failed ? Math.max(1, Number(cases[3])) : 0;
    } else {
      total[failed ? 'failed' : 'passed'] += 1;
    }
    if (failed) total.failures.push(name, ...doctestFailures(body).map((line) => `  ${line}`));
  }
  return total;
}

const sum = { passed: 0, failed: 0, skipped: 0 };
const parts = process.argv.slice(2).map((argument) => {
  const at = argument.indexOf('=');
  return { name: argument.slice(0, at), path: argument.slice(at + 1) };
});
const width = Math.max(...parts.map(({ name }) => name.length));
for (const { name, path } of parts) {
  const total = existsSync(path) ? count(readFileSync(path, 'utf8')) : { passed: 0, failed: 1, skipped: 0, failures: ['it did not get as far as its tests'] };
  if (total.passed + total.failed === 0) {
    total.failed = 1;
    total.failures.push('the report holds no test');
  }
  for (const key of Object.keys(sum)) sum[key] += total[key];
  console.log(
    `${name.padEnd(width)}  ${String(total.passed).padStart(5)} passed ${String(total.failed).padStart(4)} failed${total.skipped ? ` ${total.skipped} skipped` : ''}`,
  );
  for (const failure of total.failures) console.log(`${' '.repeat(width)}  ${failure.startsWith('  ') ? '' : 'failed: '}${failure}`);
}
console.log(`${sum.passed} passed, ${sum.failed} failed`);
process.exit(sum.failed ? 1 : 0);
