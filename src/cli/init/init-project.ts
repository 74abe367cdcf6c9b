import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { ConfigError } from "../../../dsl/errors.js";
import { colorize, type Io } from "../output/io.js";
import { readExistingTsconfig } from "./existing-tsconfig.js";
import { chooseLayout, existingSettings, type Layout } from "./layout.js";
import { type NewFile, projectFiles, writeProject } from "./new-files.js";
import { readPackageJson, type PackageJson } from "./package-json.js";
import { addCommand, findPackageManager, type ManagerName, runPrefix } from "./package-manager.js";
import { missingPackages } from "./packages.js";
import { install, runInstalled } from "./run-command.js";
import { findModelFiles, ownModel, packagedModel, type StartingModel } from "./starting-model.js";
import { settingsText } from "./templates.js";

export interface InitOptions {
  /** Absolute. Created if it is missing. */
  readonly folder: string;
  /** A model file to start with, relative to the folder; by default the package's models. */
  readonly model: string | undefined;
  /** By default the one that the project uses. */
  readonly manager: ManagerName | undefined;
  /** Whether to install packages and run the pipeline, or only to write files. */
  readonly run: boolean;
  /** Asks the user; null if nobody is to be asked. */
  readonly ask: Ask | null;
}

export interface Ask {
  /** The model to start with: one of the files, or undefined for those of the package. */
  model(files: readonly string[]): Promise<string | undefined>;
  /** Whether to go on. */
  confirm(question: string): Promise<boolean>;
}

export interface InitResult {
  readonly folder: string;
  readonly pipeline: string;
  readonly packageManager: ManagerName;
  readonly written: readonly string[];
  readonly notes: readonly string[];
  /** Commands that the user can run now. */
  readonly next: readonly string[];
  /** The command that failed; the files are complete then, too. */
  readonly failed: { readonly command: string; readonly exitCode: number; readonly problem: string } | null;
}

/**
 * Makes a project, or adds a pipeline to one: writes files, installs packages, and runs the pipeline once.
 *
 * @returns null if the user does not go on
 * @throws ConfigError SL4060 to SL4062; ModelError for a model that no pipeline can use; StorageError
 *   SL7030 if the files cannot be written
 */
export async function initProject(io: Io, options: InitOptions): Promise<InitResult | null> {
  const { folder, ask } = options;
  const project = readPackageJson(folder);
  const { layout, model } = await choose(options, project);
  const found = findPackageManager(folder, process.env["npm_config_user_agent"]);
  const manager =
    options.manager === undefined || options.manager === found.name
      ? found
      : { name: options.manager, reason: "--package-manager" };
  const { dependencies, devDependencies } = missingPackages(project);
  const installs = [
    ...(dependencies.length === 0 ? [] : [addCommand(manager, dependencies, { dev: false })]),
    ...(devDependencies.length === 0 ? [] : [addCommand(manager, devDependencies, { dev: true })]),
  ];
  const files = projectFiles(folder, layout, model).filter(({ path }) => path !== "package.json" || project === null);
  if (ask !== null && !(await ask.confirm(question(files, options.run ? installs : [])))) return null;

  const written = await writeProject(folder, layout, files);
  for (const path of written) io.print(`wrote ${path}`);
  const notes = [...projectNotes(folder, project, layout, files)];
  const prefix = runPrefix(manager.name);
  const result = { folder, pipeline: model.pipeline, packageManager: manager.name, written };
  const commands = firstCommands(layout, model);
  if (!options.run) {
    const next = [...installs.map((command) => command.join(" ")), ...commands.map((args) => shown(prefix, args))];
    return { ...result, notes, next, failed: null };
  }
  for (const command of installs) await install(io, folder, command, manager);
  notes.push(...compilerNotes(folder));
  for (const args of commands) {
    const { status, problem } = await runInstalled(io, folder, prefix, args);
    if (status === 0) continue;
    const failed = { command: shown(prefix, args), exitCode: status, problem };
    return { ...result, notes, next: [failed.command], failed };
  }
  return { ...result, notes, next: nextCommands(layout, model, prefix), failed: null };
}

const shown = (prefix: string, args: readonly string[]): string => `${prefix} shapeline ${args.join(" ")}`;

/** The layout and the model. In a project that `init` made before, those of that time: an interrupted run goes on. */
async function choose(
  { folder, model: named, ask }: InitOptions,
  project: PackageJson | null,
): Promise<{ readonly layout: Layout; readonly model: StartingModel }> {
  const joined = chooseLayout(project, project === null ? null : readExistingTsconfig(folder));
  const settings = existingSettings(folder);
  const file = named ?? (settings === undefined ? await ask?.model(await findModelFiles(folder)) : undefined);
  const modelFor = (layout: Layout): Promise<StartingModel> =>
    file === undefined ? packagedModel(layout) : ownModel(folder, file, layout);
  if (settings === undefined) return { layout: joined, model: await modelFor(joined) };
  const text = readFileSync(join(folder, settings), "utf8");
  for (const layout of [joined, chooseLayout(null, null)]) {
    const model = await modelFor(layout);
    if (settings === layout.settings && text === settingsText(model.models, model.folder, layout))
      return { layout, model };
  }
  throw new ConfigError(
    "SL4061",
    `'${settings}' in '${folder}' says that the project uses Shapeline already, so nothing was written: run shapeline generate and shapeline compile there, or name another folder: shapeline init <folder>`,
    { folder, files: [settings] },
  );
}

function question(files: readonly NewFile[], installs: readonly (readonly string[])[]): string {
  return [
    `This writes ${files.map(({ path }) => path).join(", ")}`,
    ...installs.map((command) => `and runs ${command.join(" ")}`),
  ].join("\n");
}

function firstCommands({ joined, tsconfig, source, rows }: Layout, { pipeline, test }: StartingModel): string[][] {
  return [
    ["generate"],
    ["compile", ...(joined ? ["--project", tsconfig] : [])],
    ["deploy", `${source}/${pipeline}.pipeline.json`],
    ["infer", pipeline, rows],
    ...(test === null ? [] : [["logs", pipeline, "--invalid", "--limit", "1", "--dataset", "time,out,anomaly"]]),
  ];
}

function nextCommands(
  { joined, source, extension, tests, tsconfig }: Layout,
  { pipeline, test }: StartingModel,
  prefix: string,
): string[] {
  const testFile = `${source}/${pipeline}.test.${extension}`;
  return [
    `${prefix} tsc ${joined ? `-p ${tsconfig}` : ""}`.trim(),
    ...(test === null ? [] : [`${prefix} ${tests === "vitest" ? "vitest run" : "tsx --test"} ${testFile}`]),
    `${prefix} tsx ${source}/serve.${extension}`,
  ];
}

/** What a user has to know, or to change by hand, about the files of a project that was there before. */
function projectNotes(
  folder: string,
  project: PackageJson | null,
  { joined, source, settings, extension }: Layout,
  files: readonly NewFile[],
): readonly string[] {
  if (project === null || !joined) return [];
  const notes: string[] = [];
  if (extension === "mts")
    notes.push(
      `package.json does not say "type": "module", so the new files end in .mts, which are ES modules everywhere`,
    );
  const tsconfig = readExistingTsconfig(folder);
  const included = files.some(({ path }) => /\.m?ts$/.test(path) && tsconfig?.includes(join(folder, path)) === true);
  if (tsconfig === null || !included) return notes;
  const exclude = `add "${source}" and "${settings}" to "exclude" in tsconfig.json`;
  if (tsconfig.emits)
    notes.push(`tsconfig.json takes in the new files and writes JavaScript, whose folders may move: ${exclude}`);
  else if (!tsconfig.findsEntries)
    notes.push(
      `tsconfig.json takes in the new files, but its "moduleResolution" does not find shapeline/local: set it to "bundler" or "nodenext", or ${exclude}`,
    );
  return notes;
}

function compilerNotes(folder: string): readonly string[] {
  try {
    const { version } = createRequire(join(folder, "package.json"))("typescript/package.json") as { version: string };
    const [major = 0, minor = 0] = version.split(".").map(Number);
    return major > 5 || (major === 5 && minor >= 4)
      ? []
      : [`TypeScript ${version} is installed, and Shapeline needs 5.4 or later: update typescript`];
  } catch {
    return ["TypeScript was not found: install typescript 5.4 or later to check types"];
  }
}

/** The closing lines of the command. */
export function printResult(io: Io, { folder, pipeline, notes, next, failed }: InitResult): void {
  io.print("");
  for (const note of notes) io.print(`${colorize(io, "yellow", "note")} ${note}`);
  if (failed !== null)
    io.printStderr(
      `${colorize(io, "red", "stopped")} at \`${failed.command}\`, see above; the files are written: correct the cause and run it again`,
    );
  else io.print(`pipeline ${pipeline} is in ${folder}; next:`, ...next.map((command) => `  ${command}`));
}
