// What lies over the picture while nothing plays: what is being loaded, or a button where the visitor has to press it. Gone as
// soon as frames come.
import { element } from './element.js';

const kOverlay = element('overlay');
const kText = element('overlay-text');
const kBar = element<HTMLProgressElement>('overlay-progress');
const kButton = element<HTMLButtonElement>('start');

export function showLoading(text: string, share?: number): void {
  kText.textContent = text;
  kText.hidden = kBar.hidden = false;
  kButton.hidden = true;
  kOverlay.hidden = false;
  if (share === undefined) kBar.removeAttribute('value');
  else kBar.value = share;
}

export function showStart(text: string, onPress: () => void): void {
  kText.hidden = kBar.hidden = true;
  kButton.hidden = false;
  kButton.querySelector('b')!.textContent = text;
  kButton.onclick = onPress;
  kOverlay.hidden = false;
}

export function hideOverlay(): void {
  kOverlay.hidden = true;
}
