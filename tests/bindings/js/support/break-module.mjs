// Makes a real module trap: overwrites all of its memory, so that whatever it does next reads addresses that it does not have.
// For modules made on this thread after the import of this file.
const made = [];
const { instantiate } = WebAssembly;
WebAssembly.instantiate = (module, imports) => {
  if (imports?.env?.memory !== undefined) made.push(imports.env.memory);
  return instantiate.call(WebAssembly, module, imports);
};

/** How many modules there have been. */
export const modulesMade = () => made.length;

/** Breaks the module of that number, counted from 0; the last one when left out. */
export function breakModule(number = made.length - 1) {
  new Uint8Array(made[number].buffer).fill(0xff);
}
