// Reads model files with the built package and prints its peak memory and the CPU time of the slowest file, as JSON.
// Arguments: the dist folder, then a folder of models or a JSON list of damaged copies (the file, the remaining length
// in bytes, the bits to flip). With a third argument the damaged copies are only written, to measure only that cost.
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [dist, source, idle] = process.argv.slice(2);
const { readSignature } = await import(pathToFileURL(join(dist, "codegen/models/read-signature.js")).href);
let slowest = 0;
const read = async (file) => {
  const start = process.cpuUsage();
  if (idle === undefined) await readSignature(file).catch(() => undefined);
  const { user, system } = process.cpuUsage(start);
  slowest = Math.max(slowest, (user + system) / 1000);
};
if (source.endsWith(".json")) {
  const damages = JSON.parse(readFileSync(source, "utf8"));
  // One shared buffer, so that garbage from the copies does not hide the memory for reading.
  const buffer = Buffer.alloc(Math.max(...damages.map(({ length }) => length)));
  for (const { file, length, bits } of damages) {
    const copy = buffer.subarray(0, length);
    const fd = openSync(file);
    readSync(fd, copy, 0, length, 0);
    closeSync(fd);
    for (const bit of bits) copy[bit >> 3] ^= 1 << (bit & 7);
    writeFileSync(`${source}.onnx`, copy);
    await read(`${source}.onnx`);
  }
} else for (const name of readdirSync(source)) await read(join(source, name));
// `maxRSS` includes memory of the parent process, so Linux's VmHWM is used if available.
const peak = existsSync("/proc/self/status")
  ? Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1])
  : process.resourceUsage().maxRSS;
console.log(JSON.stringify({ megabytes: peak / 1024, slowest }));
