import type { Command } from "commander";
import { toJson } from "../../tensors/json/to-json.js";

/** A command's output: text or one JSON document, with or without colors. Relative paths start at `cwd`. */
export interface Io {
  readonly cwd: string;
  readonly json: boolean;
  readonly color: boolean;
  /** Prints text to standard output; nothing with `--json`. */
  print(text: string): void;
  /** Prints progress, warnings and errors to standard error; nothing with `--json`. */
  printStderr(text: string): void;
  /** Prints the command's result as the JSON document; nothing without `--json`. */
  printJson(value: unknown): void;
  /** Writes bytes to standard output, such as an Arrow file. Resolves when the stream accepts more. */
  writeBytes(data: Uint8Array): Promise<void>;
}

/** Adds one command to the program. Without a call of `setExitCode` the command exits with 0. */
export type RegisterCommand = (
  program: Command,
  context: { getIo: () => Io; setExitCode: (code: number) => void },
) => void;

export const exitCodes = { success: 0, userError: 1, difference: 2, bug: 70 } as const;

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

/** Adds a terminal style to `text`, unless colors are off. */
export function colorize(io: Io, style: keyof typeof codes, text: string): string {
  return io.color ? `\u001b[${codes[style]}m${text}\u001b[0m` : text;
}

const controlCharacters = /\p{Cc}\[\d{1,2}m|(?![\n\t])\p{Cc}|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Text from files and servers may contain terminal control codes: escapes all except line ends, tabs and our own
 * colors.
 */
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
      // A closed reader ends the wait without an error.
      await new Promise<void>((resolve) => {
        for (const event of ["drain", "close", "error"]) process.stdout.once(event, () => resolve());
      });
    },
  };
}

/**
 * Runs work that executes the user's modules. Their standard output goes to standard error, so that it cannot mix with
 * the command's output. If they end the process, the command fails with SL2909.
 */
export async function redirectUserOutput<T>(io: Io, work: () => Promise<T>): Promise<T> {
  const write = process.stdout.write.bind(process.stdout);
  let printed = false;
  process.stdout.write = ((...args: Parameters<typeof write>) => {
    printed = true;
    return process.stderr.write(...args);
  }) as typeof write;
  const onExit = (): void => {
    const message = "a pipeline file, or one of its imports, ended the process before the command was done";
    process.stdout.write = write;
    io.printStderr(`${colorize(io, "red", "error")} SL2909: ${message}`);
    io.printJson({ error: { code: "SL2909", message } });
    process.exitCode = exitCodes.userError;
  };
  process.once("exit", onExit);
  try {
    return await work();
  } finally {
    process.off("exit", onExit);
    process.stdout.write = write;
    if (printed)
      io.printStderr(
        `${colorize(io, "yellow", "warning")} SL2911: a pipeline file wrote to standard output while loading; see above, on standard error`,
      );
  }
}
