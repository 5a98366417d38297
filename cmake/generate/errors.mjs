// Generates the faces of the error table (core/base/errors.json): the C++ enum, the C constants and the TypeScript table.
//   node cmake/generate/errors.mjs           writes them
//   node cmake/generate/errors.mjs --check   exits 1 and names the files that are out of date
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const table = JSON.parse(readFileSync(join(root, 'core/base/errors.json'), 'utf8'));
const made = 'Generated from core/base/errors.json by cmake/generate/errors.mjs; edit the table, not this file.';
const pascal = (name) =>
  name
    .split('_')
    .map((word) => word[0].toUpperCase() + word.slice(1))
    .join('');
const quote = (text) => `'${text.replaceAll("'", "\\'")}'`;

validate(table);

function validate({ categories, errors }) {
  const codes = new Set();
  const names = new Set();
  for (const { code, name, category, meaning, hint } of errors) {
    if (!Number.isInteger(code) || code < 1 || code > 0xffff) throw new Error(`${name}: code ${code} is not in 1..65535`);
    if (codes.has(code)) throw new Error(`code ${code} appears twice`);
    if (names.has(name)) throw new Error(`name ${name} appears twice`);
    if (!/^[a-z]+(_[a-z]+)*$/.test(name)) throw new Error(`${name} is not snake_case`);
    if (!(category in categories)) throw new Error(`${name}: unknown category ${category}`);
    if (!meaning || !hint) throw new Error(`${name}: meaning and hint must be given`);
    codes.add(code);
    names.add(name);
  }
}

const categoryNames = Object.keys(table.categories);

const cppHeader = `// ${made}
#pragma once

#include <cstdint>

namespace sluice {

enum class ErrorCode : std::uint16_t {
${table.errors.map((e) => `  k${pascal(e.name)} = ${e.code},  // ${e.meaning}`).join('\n')}
};

enum class ErrorCategory : std::uint8_t {
${categoryNames.map((c) => `  k${pascal(c)},  // ${table.categories[c]}`).join('\n')}
};

}  // namespace sluice
`;

const cppTable = `// ${made}
#include "core/base/error.hpp"

#include <array>

namespace sluice {
namespace {

constexpr std::array<ErrorInfo, ${table.errors.length}> kTable = {{
${table.errors.map((e) => `    {ErrorCode::k${pascal(e.name)}, ErrorCategory::k${pascal(e.category)}, "${e.name}",\n     "${e.meaning}",\n     "${e.hint}"},`).join('\n')}
}};

}  // namespace

std::span<const ErrorInfo> error_table() { return kTable; }

const ErrorInfo* find_error(std::uint32_t code) {
  for (const ErrorInfo& info : error_table()) {
    if (static_cast<std::uint32_t>(info.code) == code) return &info;
  }
  return nullptr;
}

}  // namespace sluice
`;

// Apart from the table: a program that names codes only need not carry what the table says about them.
const cppNames = `// ${made}
#include "core/base/error.hpp"

namespace sluice {

std::string_view find_error_name(std::uint32_t code) {
  switch (code) {
${table.errors.map((e) => `    case ${e.code}: return "${e.name}";`).join('\n')}
    default: return {};
  }
}

}  // namespace sluice
`;

const cHeader = `/* ${made} */
#ifndef SLUICE_ERRORS_H
#define SLUICE_ERRORS_H

#include <stdint.h>

/* 0 is success; every other status is one of these. */
typedef int32_t sluice_status;

enum {
  SLUICE_OK = 0,
${table.errors.map((e) => `  SLUICE_${e.name.toUpperCase()} = ${e.code}, /* ${e.meaning} */`).join('\n')}
};

#endif
`;

const typescript = `// ${made}

export type ErrorCategory = ${categoryNames.map(quote).join(' | ')};

export interface ErrorInfo {
  readonly status: number;
  readonly category: ErrorCategory;
  readonly meaning: string;
  readonly hint: string;
}

export const errorTable = {
${table.errors.map((e) => `  ${e.name}: {\n    status: ${e.code},\n    category: ${quote(e.category)},\n    meaning: ${quote(e.meaning)},\n    hint: ${quote(e.hint)},\n  },`).join('\n')}
} as const satisfies Record<string, ErrorInfo>;

export type ErrorCode = keyof typeof errorTable;
`;

const outputs = {
  'core/base/error_code.hpp': cppHeader,
  'core/base/error_table.cpp': cppTable,
  'core/base/error_names.cpp': cppNames,
  'bindings/c/sluice_errors.h': cHeader,
  'bindings/js/src/error-table.ts': typescript,
};

const stale = [];
for (const [path, text] of Object.entries(outputs)) {
  const file = join(root, path);
  let current = '';
  try {
    current = readFileSync(file, 'utf8');
  } catch {
    // not written yet
  }
  if (current === text) continue;
  if (process.argv.includes('--check')) {
    stale.push(path);
  } else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    console.log(`wrote ${path}`);
  }
}
if (stale.length > 0) {
  console.error(`out of date: ${stale.join(', ')}; run: node cmake/generate/errors.mjs`);
  process.exit(1);
}
