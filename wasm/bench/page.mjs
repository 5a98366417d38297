// `./dev bench page`: what one frame costs the gate in a page, all in, on one thread of headless Chromium: real frames of a video at
// 640x480 and at 1920x1080, judged by the faces filter. Prints a table and ends with one line of flat JSON of medians in
// milliseconds. gate_ms_SIZE: from the call of judge() with a VideoFrame to its verdict, and its parts: read_ms (the frame's
// planes into the module's memory), scale_ms (to the filter's tensor), network_ms (the rest). gate_ms_SIZE_bitmap and
// read_ms_SIZE_bitmap: the same with an ImageBitmap.
//
//   node page.mjs [--frames 200] [--footage FOLDER] [--package DIR] [--chromium PROGRAM] [--quick]
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { launchChromium } from './browser.mjs';
import { serveFolders } from './file-server.mjs';
import { median } from './statistics.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '..', '..');
const { values: options } = parseArgs({
  options: {
    frames: { type: 'string', default: '200' },
    footage: { type: 'string', default: join(process.env.SLUICE_DEPS ?? join(root, '.deps'), 'footage') },
    package: { type: 'string', default: join(root, 'bindings/js') },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
    quick: { type: 'boolean', default: false },
  },
});
const frames = options.quick ? 10 : Number(options.frames);
const videos = join(root, 'build/bench/videos');
const sizes = { 640: 'stream.mp4', 1080: 'stream-1080.mp4' };

async function main() {
  makeVideo();
  const server = await serveFolders({
    '/sluice/': options.package,
    '/bundles/faces/': join(root, 'bundles/faces'),
    '/videos/640/': options.footage,
    '/videos/1080/': videos,
    '/': join(here, 'page'),
  });
  const browser = await launchChromium(options.chromium, ['--autoplay-policy=no-user-gesture-required']);
  const summary = {};
  try {
    console.log(`the faces filter in headless Chromium ${browser.version()}, one thread, ${frames} frames of each size\n`);
    for (const [size, file] of Object.entries(sizes)) {
      const page = await browser.newPage();
      await page.goto(`${server.url}/index.html`);
      const run = async (argument) => (await import('/gate-frames.js')).measure(argument);
      report(size, await page.evaluate(run, { address: `/videos/${size}/${file}`, frames }), summary);
      await page.close();
    }
  } finally {
    await browser.close();
    await server.close();
  }
  console.log(JSON.stringify(summary));
}

// The sample stream in a camera's usual large size; made once.
function makeVideo() {
  const made = join(videos, sizes[1080]);
  if (existsSync(made)) return;
  mkdirSync(videos, { recursive: true });
  const filter = 'scale=1440:1080,pad=1920:1080:240:0';
  const encode = ['-an', '-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '23', '-pix_fmt', 'yuv420p'];
  const part = `${made}.part`;
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', '-t', '20', '-i', join(options.footage, sizes[640]), '-vf', filter, ...encode, '-f', 'mp4', part]);
  renameSync(part, made);
}

function report(size, { about, times, largestDifference }, summary) {
  const network = times.judge.map((whole, i) => whole - times.scale[i]);
  const rows = [
    [`gate_ms_${size}`, 'VideoFrame, all in', times.frame],
    [`read_ms_${size}`, '  its planes into the module', times.read],
    [`scale_ms_${size}`, '  to the tensor', times.scale],
    [`network_ms_${size}`, '  the network', network],
    [`gate_ms_${size}_bitmap`, 'ImageBitmap, all in', times.bitmap],
    [`read_ms_${size}_bitmap`, '  its pixels into the module', times.readBitmap],
  ];
  console.log(`${about.width}x${about.height}, ${about.format} ${about.matrix}`.padEnd(32) + 'median ms   fastest quarter below');
  for (const [key, what, list] of rows) {
    const quarter = [...list].sort((a, b) => a - b)[list.length >> 2];
    console.log(`${what.padEnd(32)}${median(list).toFixed(3).padStart(9)}${quarter.toFixed(3).padStart(24)}`);
    summary[key] = Number(median(list).toFixed(3));
  }
  console.log(`scores of the two differ by at most ${largestDifference.toPrecision(2)}\n`);
}

await main();
