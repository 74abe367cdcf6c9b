#!/usr/bin/env node
import { run } from "./run.js";

// A reader that closes the pipe early (`shapeline logs … | head`) is no failure: what is under way is still logged and closed.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

process.exitCode = await run(process.argv.slice(2));
