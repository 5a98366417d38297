// A page: the browser, with the package's worker to start.
import { browserTarget } from './browser.js';
import { webPort } from './web-port.js';

// Bundlers look for this expression as it stands.
export const pageTarget = browserTarget(() => webPort(new Worker(new URL('../worker/worker.js', import.meta.url), { type: 'module', name: 'sluice' })));
