// The two lamps at the top: how the connection stands and which build of the gate runs.
import type { ConnectionEvent, Environment } from 'sluice';

import { element } from './element.js';

type Lamp = 'idle' | 'ready' | 'busy' | 'bad';

function light(id: string, state: Lamp, text: string, title: string): void {
  const chip = element(id);
  chip.dataset['state'] = state;
  chip.title = title;
  chip.querySelector('span')!.textContent = text;
}

export function showConnection({ state, error, retryInMs }: ConnectionEvent, place: Environment['place']): void {
  if (place === 'local') return light('chip-server', 'idle', 'no server needed', 'The full model runs in this page.');
  const why = error?.message ?? '';
  switch (state) {
    case 'ready':
      return light('chip-server', 'ready', 'server connected', '');
    case 'connecting':
    case 'handshaking':
      return light('chip-server', 'busy', 'connecting…', '');
    case 'backing-off':
      return light('chip-server', 'bad', `no server, retry in ${Math.ceil(retryInMs / 1000)} s`, why);
    case 'stopped':
      return light('chip-server', 'bad', 'server refused', why);
    case 'idle':
      return light('chip-server', 'idle', 'server', '');
  }
}

export function showEnvironment(environment: Environment): void {
  const threads = environment.threads === 1 ? '1 thread' : `${environment.threads} threads`;
  light('chip-gate', 'ready', `wasm, ${environment.simd} SIMD, ${threads}`, environment.reason);
  element('environment').textContent =
    `Gate: WebAssembly, variant "${environment.variant}" (${environment.reason}), ` +
    `${environment.worker ? 'in a worker' : 'on the main thread'}; parts checked by ${environment.integrity}.`;
}
