// The bench pages' server on loopback: a few named folders, cross-origin isolated so that threads work.
import { serveFolders as serve } from '../../tests/bindings/support/static-server.mjs';

const isolated = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

/** Serves `mounts` ({ '/prefix/': folder }); resolves to { url, close }. */
export const serveFolders = (mounts) => serve(Object.entries(mounts), () => isolated);
