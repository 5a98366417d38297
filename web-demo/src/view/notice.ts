// One plain sentence across the top when something is missing and the page goes on in another way.
import { element } from './element.js';

const kNotice = element('notice');

kNotice.querySelector('button')!.addEventListener('click', () => (kNotice.hidden = true));

export function showNotice(text: string): void {
  kNotice.querySelector('p')!.textContent = text;
  kNotice.hidden = false;
}

export function hideNotice(): void {
  kNotice.hidden = true;
}
