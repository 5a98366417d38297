// The feature maps as small pictures, the most important first: grey is the commonest symbol, brighter is higher, and all of them have
// the same scale. Those that were sent are marked, and those of which only coarse values were.
import type { DeviceHalfRun } from 'sluice';

import { brightnessOf } from './arithmetic.js';
import { element } from '../view/element.js';

export class FeaturesView {
  readonly #list = element('tiles');
  #sent = 0;
  #tiles: { readonly item: HTMLElement; readonly canvas: HTMLCanvasElement }[] = [];

  show({ maps, mapWidth, mapHeight, symbols }: DeviceHalfRun): void {
    if (this.#tiles.length !== maps.length) this.#make(maps.length, mapWidth, mapHeight);
    const brightness = brightnessOf(maps, symbols);
    this.#sent = 0;
    maps.forEach((map, channel) => {
      const { item, canvas } = this.#tiles[channel]!;
      item.classList.remove('sent', 'coarse');
      const context = canvas.getContext('2d')!;
      const picture = context.createImageData(mapWidth, mapHeight);
      map.forEach((symbol, at) => {
        const level = brightness[symbol]!;
        picture.data.set([level, level, level, 255], 4 * at);
      });
      context.putImageData(picture, 0, 0);
    });
  }

  /** The first so many of the coded channels have left for the server: maps, or coarse values of all and then the rest of each. */
  markSent(channels: number, of: number): void {
    if (channels <= this.#sent) return; // answers may overtake each other
    this.#sent = channels;
    const count = this.#tiles.length;
    this.#tiles.forEach(({ item }, i) => {
      item.classList.toggle('sent', i < channels);
      item.classList.toggle('coarse', of > count && i < channels && count + i >= channels);
    });
  }

  #make(count: number, width: number, height: number): void {
    this.#tiles = Array.from({ length: count }, (_, i) => {
      const item = document.createElement('li');
      const canvas = document.createElement('canvas');
      canvas.width = width;
      canvas.height = height;
      const label = document.createElement('span');
      label.textContent = String(i + 1);
      item.append(canvas, label);
      return { item, canvas };
    });
    this.#list.replaceChildren(...this.#tiles.map(({ item }) => item));
  }
}
