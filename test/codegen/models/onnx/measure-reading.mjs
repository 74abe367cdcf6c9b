// Reads model files with the built package, in a process of its own: what memory that takes, and how long the slowest. The files are
// those of a folder, or those that a list of damages makes of real ones: the bytes that are left, and the bits that are flipped;
// with a third argument they are only made.
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [dist, source, idle] = process.argv.slice(2);
const { readSignature } = await import(pathToFileURL(join(dist, "codegen/models/read-signature.js")).href);
let slowest = 0;
const read = async (file) => {
  const begun = performance.now();
  if (idle === undefined) await readSignature(file).catch(() => undefined);
  slowest = Math.max(slowest, performance.now() - begun);
};
if (source.endsWith(".json")) {
  const damages = JSON.parse(readFileSync(source, "utf8"));
  // One buffer for all, so that the garbage of copies does not hide what reading takes.
  const room = Buffer.alloc(Math.max(...damages.map(({ length }) => length)));
  for (const { file, length, bits } of damages) {
    const copy = room.subarray(0, length);
    const fd = openSync(file);
    readSync(fd, copy, 0, length, 0);
    closeSync(fd);
    for (const bit of bits) copy[bit >> 3] ^= 1 << (bit & 7);
    writeFileSync(`${source}.onnx`, copy);
    await read(`${source}.onnx`);
  }
} else for (const name of readdirSync(source)) await read(join(source, name));
// `maxRSS` begins with what the parent had, where there is a better figure it is taken.
const peak = existsSync("/proc/self/status")
  ? Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1])
  : process.resourceUsage().maxRSS;
console.log(JSON.stringify({ megabytes: peak / 1024, slowest }));
