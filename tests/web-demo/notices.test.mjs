// What the page says of its gate and of its source: neither replaces the other's message nor outlives its own cause.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { createServer } from 'vite';

import { root } from './server.mjs';

const vite = await createServer({ root: `${root}/web-demo`, configFile: false, logLevel: 'error', server: { middlewareMode: true, ws: false } });
const { kNoNotices, next, sentenceOf } = await vite.ssrLoadModule('/src/notices.ts');
after(() => vite.close());

const connection = (state, why = '') => ({ type: 'connection', state, why });
const noCamera = { type: 'source-replaced', why: 'No camera was found.' };
const closed = (of) => ({ type: 'closed', of });

/** What gate and source say after these events. */
function said(...events) {
  const { gate, source } = events.reduce(next, kNoNotices);
  return [gate, source].map((notice) => sentenceOf(notice).split(/[:.(]/)[0]);
}

const noServer = 'There is no server';
const camera = 'No camera was found';

test('a lost connection and a missing camera stand side by side, whichever came first', () => {
  assert.deepEqual(said(connection('backing-off'), noCamera), [noServer, camera]);
  assert.deepEqual(said(noCamera, connection('backing-off')), [noServer, camera]);
});

test('a connection that comes ends its own message alone', () => {
  assert.deepEqual(said(noCamera, connection('backing-off'), connection('connecting')), [noServer, camera]);
  assert.deepEqual(said(noCamera, connection('backing-off'), connection('ready')), ['', camera]);
});

test('a source chosen anew ends its own message alone', () => {
  assert.deepEqual(said(connection('backing-off'), noCamera, { type: 'started' }), [noServer, '']);
});

test('with the gate goes what was said of it', () => {
  assert.deepEqual(said(noCamera, connection('backing-off'), { type: 'gate-closed' }), ['', camera]);
  assert.deepEqual(said({ type: 'gate-failed', why: 'no bundle' }, { type: 'started' }), ['', '']);
});

test('a failure is not hidden by attempts to connect', () => {
  assert.deepEqual(said({ type: 'gate-failed', why: 'no bundle' }, connection('backing-off'), connection('ready')), ['no bundle', '']);
  assert.deepEqual(said(connection('backing-off'), { type: 'source-failed', why: 'no video' }), [noServer, 'no video']);
});

test('a message that was closed stays so until it is news again', () => {
  const lost = [connection('backing-off'), closed('gate')];
  assert.deepEqual(said(noCamera, ...lost, connection('handshaking'), connection('backing-off')), ['', camera]);
  assert.deepEqual(said(...lost, connection('ready'), connection('backing-off')), [noServer, '']);
  assert.deepEqual(said(noCamera, closed('source'), noCamera), ['', camera]);
  assert.deepEqual(said(closed('gate'), closed('source')), ['', '']);
});

test('a server that refuses for good is told with its reason', () => {
  const { gate } = [connection('stopped', 'bundle_version_mismatch: 1.2.0')].reduce(next, kNoNotices);
  assert.match(sentenceOf(gate), /refused \(bundle_version_mismatch: 1\.2\.0\)/);
});
