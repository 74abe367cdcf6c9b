import type { Command } from "commander";
import type { Io } from "./io.js";

/** Adds one command to the program. `done` takes the exit code when it is not 0. */
export type CommandFile = (program: Command, context: { io: () => Io; done: (code: number) => void }) => void;
