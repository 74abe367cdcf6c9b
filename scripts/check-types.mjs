// Type-checks the whole tree (tsc) and what users import (tsd), side by side: tsd uses one core. Fails if one does.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const program = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Runs a program of Node. Its output is printed when it ends, so that the two do not mix. */
function run(file) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "pipe"] });
    const output = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => output.push(chunk));
    child.on("close", (code) => {
      process.stdout.write(Buffer.concat(output));
      resolve(code ?? 1);
    });
  });
}

const codes = await Promise.all(["../node_modules/typescript-7/bin/tsc", "tsd.mjs"].map((path) => run(program(path))));
process.exitCode = Math.max(...codes);
