import { type Command, Option } from "commander";
import { TargetError } from "../../../dsl/errors.js";
import type { KnownModel, WallarooDeployment, WallarooOptions, WallarooTarget } from "../../entries/wallaroo.js";
import { dialects, type Dialect } from "../../wallaroo/platform.js";
import type { Io } from "../output/io.js";
import { resolvePath } from "./resolve-path.js";

/** The options of commands that have `--to`. */
export interface TargetFlags extends PlatformFlags {
  readonly to: "local" | "wallaroo";
}

/** The options of commands that can talk to a platform. */
export interface PlatformFlags {
  readonly url?: string;
  readonly workspace?: string;
  readonly dialect?: Dialect;
  readonly tokenFile?: string;
}

/** Adds `--to`, and the options of the target `wallaroo`. */
export function addTargetOptions(command: Command): Command {
  return addPlatformOptions(
    command.addOption(new Option("--to <target>", "the target").choices(["local", "wallaroo"]).default("local")),
  );
}

/** Adds the options of a platform. */
export function addPlatformOptions(command: Command): Command {
  return command
    .option("--url <url>", "wallaroo: the platform's API (default: the variable WALLAROO_URL)")
    .option("--workspace <name>", "wallaroo: the workspace (default: the user's own)")
    .addOption(new Option("--dialect <dialect>", "wallaroo: how it stores validations").choices(dialects))
    .option("--token-file <file>", "wallaroo: a file with a token (default: the variable WALLAROO_SDK_CREDENTIALS)");
}

/** A target of the options and variables, which are those of the platform's SDK. `--models` is the models folder. */
export async function openPlatform(io: Io, flags: PlatformFlags, models?: string): Promise<WallarooTarget> {
  const { wallaroo } = await import("../../entries/wallaroo.js");
  const url = flags.url ?? process.env.WALLAROO_URL;
  if (url === undefined || url === "")
    throw new TargetError("SL6011", "the platform's address is not known: give --url, or set WALLAROO_URL", {
      option: "url",
    });
  return wallaroo({
    url,
    ...credentials(io, flags),
    ...(flags.workspace !== undefined && { workspace: flags.workspace }),
    ...(flags.dialect !== undefined && { dialect: flags.dialect }),
    ...(models !== undefined && { models: resolvePath(io, "--models", models) }),
  });
}

function credentials(
  io: Io,
  { tokenFile }: PlatformFlags,
): Pick<WallarooOptions, "tokenFile" | "userPassword" | "testAuth"> {
  const env = process.env;
  const file = tokenFile ?? env.WALLAROO_SDK_CREDENTIALS;
  if (file !== undefined && file !== "") return { tokenFile: resolvePath(io, "--token-file", file) };
  const { WALLAROO_USER: user, WALLAROO_PASSWORD: password, WALLAROO_AUTH_URL: authUrl } = env;
  if (user !== undefined && password !== undefined)
    return { userPassword: { user, password, ...(authUrl !== undefined && { authUrl }) } };
  if (env.WALLAROO_SDK_AUTH_TYPE === "test_auth") return { testAuth: true };
  throw new TargetError(
    "SL6051",
    "there are no credentials for the platform: give --token-file, or set WALLAROO_SDK_CREDENTIALS to a token's file, WALLAROO_USER and WALLAROO_PASSWORD, or for a local server WALLAROO_SDK_AUTH_TYPE=test_auth",
  );
}

/** A deployed pipeline whose models have the ports of the model files in a folder, found by their digests. */
export async function connectWithModels(
  target: WallarooTarget,
  name: string,
  folder: string,
): Promise<WallarooDeployment> {
  const live = await target.pipeline(name);
  const definition = JSON.stringify(await live.definition());
  const { readModelPipelines } = await import("../../read-models.js");
  const { configs } = await readModelPipelines(folder);
  const models: readonly KnownModel[] = configs.flatMap((config) => config.models);
  const known = models.filter(({ sha256 }) => definition.includes(sha256));
  return target.pipeline(name, { models: known });
}
