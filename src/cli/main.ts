#!/usr/bin/env node
import { run } from "./run.js";

// A reader that closes the pipe early (`shapeline logs … | head`) ends the command, it is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await run(process.argv.slice(2));
