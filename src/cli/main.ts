#!/usr/bin/env node
import module from "node:module";

// Newer Nodes keep compiled code between runs, of what is imported from here on.
(module as { readonly enableCompileCache?: () => unknown }).enableCompileCache?.();

// A reader that closes the pipe early (`shapeline logs … | head`) is no failure: what is under way is still logged and closed.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

const { run } = await import("./run.js");
process.exitCode = await run(process.argv.slice(2));
// All is done; what a pipeline file leaves running, a timer or a connection, must not keep the command from ending.
process.stdout.write("", () => process.exit());
