// What does GraphiQL become? A few files in the folder named, and the licenses of everything that is in them.

import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const PACKAGE = /^node_modules\/(?:@[^/]+\/)?[^/]+(?:\/node_modules\/(?:@[^/]+\/)?[^/]+)*/;

/** The folders of the packages that went into the files. */
function packagesIn(metafile) {
  const found = Object.keys(metafile.inputs).map((path) => PACKAGE.exec(path)?.[0]);
  return [...new Set(found.filter(Boolean))].sort();
}

/** Name, version and license text of a package. */
async function licenseOf(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(HERE, folder, "package.json"), "utf8"));
  const files = (await readdir(join(HERE, folder))).filter((file) => /^(licen[cs]e|notice)/i.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(HERE, folder, file), "utf8")));
  return [`${name} ${version} (${license})`, ...texts.map((text) => text.trim())].join("\n\n");
}

async function main(target) {
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  const { metafile } = await build({
    absWorkingDir: HERE,
    entryPoints: {
      console: "console.js",
      "editor.worker": "monaco-editor/esm/vs/editor/editor.worker.js",
      "json.worker": "monaco-editor/esm/vs/language/json/json.worker.js",
      "graphql.worker": "monaco-graphql/esm/graphql.worker.js",
    },
    outdir: target,
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    loader: { ".ttf": "dataurl", ".woff2": "dataurl" },
    define: { "process.env.NODE_ENV": '"production"' },
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  });
  const licenses = await Promise.all(packagesIn(metafile).map(licenseOf));
  const line = "=".repeat(80);
  await writeFile(join(target, "licenses.txt"), licenses.join(`\n\n${line}\n\n`) + "\n");
}

await main(argv[2]);
