// The notices of the parts that the .wasm files contain, as one text: their licences ask that whoever passes on the binaries
// passes these on as well. The texts are the parts' own, read where the set-up put them. (The C++ library and the compiler's runtime
// are LLVM's, whose exception asks for none.)
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const parts = (deps) => [
  ['XNNPACK', join(deps, 'xnnpack/sources/xnnpack/LICENSE')],
  ['pthreadpool', join(deps, 'xnnpack/sources/pthreadpool/LICENSE')],
  ['FXdiv', join(deps, 'xnnpack/sources/fxdiv/LICENSE')],
  ['FP16', join(deps, 'xnnpack/sources/fp16/LICENSE')],
  ['protozero', '/usr/share/doc/libprotozero-dev/copyright'],
  ['RapidJSON', '/usr/share/doc/rapidjson-dev/copyright'],
  ['tl::expected', '/usr/share/doc/libexpected-dev/copyright'],
  ['musl', join(deps, 'emscripten/emscripten/system/lib/libc/musl/COPYRIGHT')],
  ['Emscripten', join(deps, 'emscripten/emscripten/LICENSE')],
];

/** Throws where a part's text is missing: a package without it must not be made. */
export function notices(deps) {
  const sections = parts(deps).map(([name, file]) => {
    if (!existsSync(file)) throw new Error(`the licence of ${name} is not at ${file}: run ./dev setup`);
    return `${'='.repeat(78)}\n${name}\n${'='.repeat(78)}\n\n${readFileSync(file, 'utf8').trimEnd()}\n`;
  });
  return ['The WebAssembly modules of this package contain the parts named below, under the terms that follow each name.\n', ...sections].join('\n');
}
