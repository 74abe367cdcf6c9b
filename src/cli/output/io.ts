import { randomUUID } from "node:crypto";
import type { Command } from "commander";
import { toJson } from "../../tensors/json/to-json.js";
import { escapeJson, escapeUnsafe } from "../../util/escape-text.js";

/** A command's output: text or one JSON document, with or without colors. Relative paths start at `cwd`. */
export interface Io {
  readonly cwd: string;
  readonly json: boolean;
  readonly color: boolean;
  /** Prints lines to standard output; nothing with `--json`. Line ends and control characters in a line are escaped. */
  print(...lines: readonly string[]): void;
  /** Prints lines of progress, warnings and errors to standard error; nothing with `--json`. */
  printStderr(...lines: readonly string[]): void;
  /** Prints the command's result as the JSON document; nothing without `--json`. */
  printJson(value: unknown): void;
  /** Writes bytes to standard output, such as an Arrow file. Resolves when the stream accepts more. */
  writeBytes(data: Uint8Array): Promise<void>;
}

/** Defines a command's arguments, options and action. Without a call of `setExitCode` the command exits with 0. */
export type RegisterCommand = (
  command: Command,
  context: { getIo: () => Io; setExitCode: (code: number) => void },
) => void;

export const exitCodes = { success: 0, userError: 1, difference: 2, bug: 70 } as const;

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

/** Marks our own styles until they are printed. Random, so that no text from outside holds one. */
const styleMark = randomUUID();
const styleMarks = new RegExp(`${styleMark}<(\\d+)>`);

/** Adds a terminal style to `text`, unless colors are off. */
export function colorize(io: Io, style: keyof typeof codes, text: string): string {
  return io.color ? `${styleMark}<${codes[style]}>${text}${styleMark}<0>` : text;
}

/** One line for a terminal: text from files and servers cannot end it, hide in it, or look like a style of ours. */
function terminalLine(line: string): string {
  return line
    .split(styleMarks)
    .map((part, i) => (i % 2 === 1 ? `\u001b[${part}m` : part.split("\t").map(escapeUnsafe).join("\t")))
    .join("");
}

/** Text of several lines, as a library composes it, with its control characters escaped. */
export function escapedLines(text: string): string {
  return text.split("\n").map(terminalLine).join("\n");
}

function terminalText(lines: readonly string[]): string {
  return lines.map((line) => `${terminalLine(line)}\n`).join("");
}

/**
 * The lines of an error. Its further lines are indented, so that no text within looks like the first line of another
 * error.
 */
export function errorLines(io: Io, { code, message }: { readonly code: string; readonly message: string }): string[] {
  const [first = "", ...rest] = messageLines(message);
  return [`${colorize(io, "red", "error")} ${code}: ${first}`, ...rest];
}

/** The lines of a message, all but the first indented. */
export function messageLines(message: string): string[] {
  return message.split("\n").map((line, i) => (i === 0 || line === "" || /^\s/.test(line) ? line : `  ${line}`));
}

export function createIo(options: { cwd: string; json: boolean; color: boolean }): Io {
  return {
    ...options,
    print: (...lines) => {
      if (!options.json) process.stdout.write(terminalText(lines));
    },
    printStderr: (...lines) => {
      if (!options.json) process.stderr.write(terminalText(lines));
    },
    printJson: (value) => {
      if (options.json) process.stdout.write(`${escapeJson(toJson(value))}\n`);
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
    io.printStderr(...errorLines(io, { code: "SL2909", message }));
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
