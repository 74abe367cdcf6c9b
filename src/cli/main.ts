#!/usr/bin/env node
import module from "node:module";

// Node 22.1+ caches compiled code between runs, for modules imported after this call.
(module as { readonly enableCompileCache?: () => unknown }).enableCompileCache?.();

// A reader that closes the pipe early (`shapeline logs … | head`) is not an error: the command still finishes its work.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

const { run } = await import("./run.js");
process.exitCode = await run(process.argv.slice(2));
// A pipeline file may leave a timer or a connection open; exit anyway, after the output is flushed.
process.stdout.write("", () => process.exit());
