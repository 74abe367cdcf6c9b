import type { Command } from "commander";
import { toJson } from "../../tensors/to-json.js";

/** How a command speaks: text for people or one JSON document, with colour or without, and where relative paths begin. */
export interface Io {
  readonly cwd: string;
  readonly json: boolean;
  readonly color: boolean;
  /** Text on standard output; nothing when `--json` is set. */
  print(text: string): void;
  /** Progress and remarks, on standard error; nothing when `--json` is set. */
  printStderr(text: string): void;
  /** The command's result: the JSON document when `--json` is set. */
  printJson(value: unknown): void;
  /** Bytes on standard output, such as an Arrow file. Resolves when the reader may be given more. */
  writeBytes(data: Uint8Array): Promise<void>;
}

/** Adds one command to the program. `done` sets the exit code; without a call it is 0. */
export type RegisterCommand = (program: Command, context: { io: () => Io; done: (code: number) => void }) => void;

export const exitCodes = { done: 0, userError: 1, difference: 2, bug: 70 } as const;

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

/** `text` in a terminal style, or as it is where colour is off. */
export function colorize(io: Io, style: keyof typeof codes, text: string): string {
  return io.color ? `\u001b[${codes[style]}m${text}\u001b[0m` : text;
}

const controlCharacters = /\p{Cc}\[\d{1,2}m|(?![\n\t])\p{Cc}|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Texts of files and servers may hold what steers a terminal; only line ends, tabs and our own colours get through. */
function escapeControls(text: string): string {
  return text.replace(controlCharacters, (found) =>
    found.length > 1 && found.startsWith("\u001b")
      ? found
      : `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}${found.slice(1)}`,
  );
}

export function createIo(options: { cwd: string; json: boolean; color: boolean }): Io {
  return {
    ...options,
    print: (text) => {
      if (!options.json) process.stdout.write(`${escapeControls(text)}\n`);
    },
    printStderr: (text) => {
      if (!options.json) process.stderr.write(`${escapeControls(text)}\n`);
    },
    printJson: (value) => {
      if (options.json) process.stdout.write(`${toJson(value)}\n`);
    },
    writeBytes: async (data) => {
      if (process.stdout.write(data)) return;
      // A reader that is gone takes no more, and is no failure.
      await new Promise<void>((resolve) => {
        for (const event of ["drain", "close", "error"]) process.stdout.once(event, () => resolve());
      });
    },
  };
}

/**
 * Runs work that executes the user's modules: what they print goes to standard error, so that a command's own output stays whole, and
 * a process that they end is no success.
 */
export async function redirectUserOutput<T>(io: Io, work: () => Promise<T>): Promise<T> {
  const write = process.stdout.write.bind(process.stdout);
  let printed = false;
  process.stdout.write = ((...args: Parameters<typeof write>) => {
    printed = true;
    return process.stderr.write(...args);
  }) as typeof write;
  const ended = (): void => {
    const message = "a pipeline file, or what it imports, ended the process before the work was done";
    process.stdout.write = write;
    io.printStderr(`${colorize(io, "red", "error")} SL2909: ${message}`);
    io.printJson({ error: { code: "SL2909", message } });
    process.exitCode = exitCodes.userError;
  };
  process.once("exit", ended);
  try {
    return await work();
  } finally {
    process.off("exit", ended);
    process.stdout.write = write;
    if (printed)
      io.printStderr(
        `${colorize(io, "yellow", "warning")} SL2911: a pipeline file writes to standard output while it is loaded; that is above, on standard error`,
      );
  }
}
