import type { PlatformPlan } from "../../entries/wallaroo.js";
import { diffLines } from "./diff-lines.js";
import type { Io } from "./io.js";

/** Prints what a deploy to a platform would do. */
export function printPlatformPlan(io: Io, plan: PlatformPlan): void {
  const { pipeline, version, running, same, registry, texts, unread } = plan;
  io.printJson(plan);
  if (same && running) return io.print(`${pipeline} version ${version ?? ""} runs these steps and models: no change`);
  if (version === null) io.print(`${pipeline} is not on the platform; a deploy adds it:`);
  else if (same) io.print(`${pipeline} version ${version} is stopped; a deploy starts it`);
  else io.print(`a deploy changes ${pipeline} version ${version}${running ? "" : ", which is stopped,"} as follows:`);
  for (const { name, sha256, version: registered } of registry)
    if (registered === null) io.print(`upload ${name}: file ${sha256.slice(0, 12)}…`);
  io.print(...diffLines(io, plan));
  for (const { validation, before, after } of texts) {
    io.print(`the platform's text of ${validation}:`);
    if (before !== null) io.print(`  ${before}`);
    io.print(`  ${after}`);
  }
  for (const { code, path, message } of unread) io.print(`not read (${code}) ${path}: ${message}`);
}
