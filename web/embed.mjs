// The built page as C++: node embed.mjs FOLDER OUTPUT.cc
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".webmanifest": "application/manifest+json",
};
const HELPS = 0.9; // a compressed file must be smaller than this part of the plain one

function filesOf(folder, prefix = "") {
  return readdirSync(join(folder, prefix), { withFileTypes: true })
    .flatMap((entry) => {
      const path = `${prefix}${entry.name}`;
      return entry.isDirectory() ? filesOf(folder, `${path}/`) : [path];
    })
    .sort();
}

function bytesOf(data) {
  const lines = [];
  for (let i = 0; i < data.length; i += 32)
    lines.push(`    ${[...data.subarray(i, i + 32)].join(",")},`);
  return lines.join("\n");
}

const [folder, output] = process.argv.slice(2);
const tables = [];
const arrays = filesOf(folder).map((path, i) => {
  const plain = readFileSync(join(folder, path));
  const small = gzipSync(plain, { level: 9 });
  const gzip = small.length < HELPS * plain.length;
  const data = gzip ? small : plain;
  const type = TYPES[extname(path)] ?? "application/octet-stream";
  const etag = createHash("sha256").update(plain).digest("hex").slice(0, 16);
  const immutable = path.startsWith("assets/"); // Vite puts a digest into these names
  for (const address of path === "index.html" ? ["/", "/index.html"] : [`/${path}`]) {
    tables.push(
      `    {"${address}", {{reinterpret_cast<const char*>(kFile${i}), ${data.length}}, "${type}", ${gzip}, ${immutable}, "${etag}"}},`,
    );
  }
  return `constexpr unsigned char kFile${i}[] = {\n${bytesOf(data)}\n};`;
});

writeFileSync(
  output,
  `// Made by web/embed.mjs.
#include "tenjo/serve/page_files.h"

#include <array>
#include <utility>

namespace tenjo {
namespace {

${arrays.join("\n")}

const std::array<std::pair<std::string_view, PageFile>, ${tables.length}> kFiles = {{
${tables.join("\n")}
}};

}  // namespace

std::optional<PageFile> FindPageFile(std::string_view path) {
  for (const auto& [address, file] : kFiles) {
    if (address == path) {
      return file;
    }
  }
  return std::nullopt;
}

}  // namespace tenjo
`,
);
