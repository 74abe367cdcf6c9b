import { Command, CommanderError } from "commander";
import { type ErrorCode, ShapelineError } from "../../dsl/errors.js";
import { createIo, errorLines, escapedLines, exitCodes, type Io } from "./output/io.js";
import { commandTable } from "./command-table.js";
import { ownPackage } from "../util/own-package.js";
import { toJson } from "../tensors/json/to-json.js";
import { escapeJson } from "../util/escape-text.js";

/** The code of the errors that commander finds in the arguments. */
const usageCode: ErrorCode = "SL8001";

/**
 * Runs one command line.
 *
 * @param args the arguments after the program's name
 * @returns the exit code: 0 success, 1 wrong input, 2 a difference or a failed check, 70 a bug in Shapeline
 */
export async function run(args: readonly string[]): Promise<number> {
  let code: number = exitCodes.success;
  const { version } = ownPackage();
  const program = new Command("shapeline");
  const getIo = (): Io => {
    const options = program.opts<{ json?: boolean; color: boolean }>();
    const color = options.color && process.stdout.isTTY && process.env.NO_COLOR === undefined;
    return createIo({ cwd: process.cwd(), json: options.json === true, color });
  };
  program
    .description(
      "Typed pipelines for machine-learning inference: generate model typings, compile, deploy, infer, read the log.",
    )
    .version(version, "-V, --version", "print the version")
    .option("--json", "print exactly one JSON document to standard output")
    .option("--no-color", "print without colors")
    .configureHelp({ showGlobalOptions: true, subcommandTerm: (command) => command.name() })
    .showSuggestionAfterError()
    .showHelpAfterError("`shapeline --help` lists the commands")
    .exitOverride();
  for (const [name, { description }] of Object.entries(commandTable))
    program.command(name).description(description).exitOverride();
  const wanted = program.commands.find((command) => command.name() === wantedCommand(args));
  if (wanted !== undefined) {
    const register = await commandTable[wanted.name()]?.load();
    register?.(wanted, { getIo, setExitCode: (value) => (code = value) });
  }

  const json = args.includes("--json");
  const writeErr = (text: string): void => void process.stderr.write(escapedLines(text));
  // Commander writes help in parts.
  const parts: string[] = [];
  const writeOut = (text: string): void => void (json ? parts.push(text) : process.stdout.write(text));
  const outputError = (text: string, write: (text: string) => void): void =>
    write(text.replace(/^error: /, `error ${usageCode}: `));
  program.configureOutput({ writeOut, writeErr: json ? () => undefined : writeErr, outputError });
  for (const command of program.commands)
    command
      .copyInheritedSettings(program)
      .showHelpAfterError(`\`shapeline ${command.name()} --help\` lists arguments and options`);
  try {
    await program.parseAsync(requireCommand(program, args), { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) {
      const text = parts.join("");
      return usageExitCode(error, json, text.trim() === version ? { version } : { help: text });
    }
    return reportError(
      error,
      createIo({
        cwd: process.cwd(),
        json,
        color: process.stderr.isTTY && !args.includes("--no-color") && process.env.NO_COLOR === undefined,
      }),
    );
  }
}

/** The command that is called, or whose help is asked for. */
function wantedCommand(args: readonly string[]): string | undefined {
  const [first, ...others] = args.filter((arg) => !arg.startsWith("-"));
  return first === "help" ? others[0] : first;
}

/** For an unknown command, the arguments without the wish for help: commander would print help and report success. */
function requireCommand(program: Command, args: readonly string[]): readonly string[] {
  const wanted = wantedCommand(args);
  if (wanted === undefined || wanted === "help" || program.commands.some((command) => command.name() === wanted))
    return args;
  return [wanted, ...args.filter((arg) => arg === "--json")];
}

/** Without `json`, commander has already printed its message or the help. */
function usageExitCode(error: CommanderError, json: boolean, asked: object): number {
  const isError = error.exitCode !== 0;
  const usage = { error: { code: usageCode, message: error.message.replace(/^error: /, "") } };
  if (json) process.stdout.write(`${escapeJson(toJson(isError ? usage : asked))}\n`);
  return isError ? exitCodes.userError : exitCodes.success;
}

function reportError(error: unknown, io: Io): number {
  if (error instanceof ShapelineError) {
    io.printStderr(...errorLines(io, error));
    io.printJson({ error: { code: error.code, message: error.message, details: error.details } });
    return exitCodes.userError;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  io.printStderr(
    "This is a bug in Shapeline, not in your input. Please report it with your command, `shapeline --version` and this text:",
    "",
    ...text.split("\n"),
  );
  io.printJson({
    error: {
      code: "bug",
      message: "a bug in Shapeline; please report it with the command and `details`",
      details: { text },
    },
  });
  return exitCodes.bug;
}
