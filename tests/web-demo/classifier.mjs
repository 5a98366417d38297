// What the tests of the classifier's page do with it.
// A picture of one colour on the canvas, as if it had been dropped.
export async function drop(page, colour) {
  await page.evaluate(async (fill) => {
    const canvas = new OffscreenCanvas(60, 40);
    const context = canvas.getContext('2d');
    context.fillStyle = fill;
    context.fillRect(0, 0, 60, 40);
    const dropped = new DataTransfer();
    dropped.items.add(new File([await canvas.convertToBlob()], 'picture.png', { type: 'image/png' }));
    document.dispatchEvent(new DragEvent('drop', { dataTransfer: dropped, bubbles: true, cancelable: true }));
  }, colour);
}

// Words whose contrast with what lies behind them is below that of WCAG's level AA.
export function faintInPage() {
  const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = channels(colour).map((level) => (level / 255 <= 0.03928 ? level / 255 / 12.92 : ((level / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (one) => {
    const { backgroundColor } = getComputedStyle(one);
    return (channels(backgroundColor)[3] ?? 1) === 1 ? backgroundColor : behind(one.parentElement);
  };
  const faint = [];
  for (const one of document.querySelectorAll('body *')) {
    const words = [...one.childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE).map(({ data }) => data.trim());
    if (words.join('') === '' || !one.checkVisibility()) continue;
    const [high, low] = [getComputedStyle(one).color, behind(one)].map(luminance).sort((a, b) => b - a);
    if ((high + 0.05) / (low + 0.05) < 4.5) faint.push(words.join(' '));
  }
  return faint;
}
