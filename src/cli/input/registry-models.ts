import { join } from "node:path";
import { ModelError, ShapelineError, TargetError } from "../../../dsl/errors.js";
import type { ReadModel, ReadModelsOptions } from "../../../codegen/models/read-models.js";
import type { ModelSignature, Port } from "../../../codegen/models/signature.js";
import { type DType, dtypes } from "../../../dsl/tensor.js";
import type { ModelVersionSignature, WallarooTarget } from "../../entries/wallaroo.js";
import { isPlatformName, nameRule } from "../../wallaroo/platform.js";
import type { SignaturePort } from "../../wallaroo/read/infer-ports.js";
import { schemaDifferences } from "./schema-differences.js";

/** What the typings of a platform's models are generated from. */
export interface RegistryModels {
  /** The files whose digests the platform has, and the models that its schemas describe. */
  readonly chosen: Pick<ReadModelsOptions, "models" | "overrides" | "unusedOverrides" | "signatures">;
  /** Names of the platform of which no typings are written, and why. */
  readonly leftOut: readonly { readonly name: string; readonly reason: string }[];
  /** Where a file, which is used, and the platform's schemas contradict each other. */
  readonly disagreements: readonly { readonly name: string; readonly file: string; readonly what: string }[];
}

/** A model name of the platform with its newest version. */
interface Registered {
  readonly name: string;
  readonly version: string;
  readonly sha256: string | null;
  /** By the platform's schemas; null where it has none. */
  readonly stored: ModelVersionSignature | null;
  /** Why its schemas cannot be used. */
  readonly flaw: string | null;
}

/**
 * Finds the ports of the models of a platform's workspace: in the files with their digests, or else in the schemas that
 * the platform stores. Of each name the newest version is taken.
 *
 * @param options `areNamed`: the user says where model files are; otherwise there may be none
 * @throws ModelError SL3021 if neither files nor schemas say the ports of a model
 */
export async function registryModels(
  target: WallarooTarget,
  { models: sources, overrides = {}, areNamed }: ReadModelsOptions & { readonly areNamed: boolean },
  cwd: string,
): Promise<RegistryModels> {
  const { describeModel } = await import("../../../codegen/models/read-models.js");
  const files = await readFiles(await expand(sources, cwd, areNamed), cwd, overrides);
  const registered = await readRegistry(target);
  const models: string[] = [];
  const named = { ...overrides };
  const signatures: ModelSignature[] = [];
  const leftOut: { readonly name: string; readonly reason: string }[] = [];
  const disagreements: RegistryModels["disagreements"][number][] = [];
  for (const { name, version, sha256, stored, flaw } of registered) {
    const file = sha256 === null ? undefined : files.get(sha256);
    const reason = reasonOf({ name, sha256, flaw }, stored !== null || file !== undefined);
    if (reason !== null || sha256 === null) leftOut.push({ name, reason: reason ?? "" });
    else if (file === undefined && stored !== null) {
      const described = await describeModel(signatureOf({ ...stored, sha256 }), cwd, overrides);
      signatures.push({ ...described, name, version });
    } else if (file !== undefined) {
      if (stored !== null)
        for (const what of schemaDifferences(file.signature, stored))
          disagreements.push({ name, file: file.file, what });
      // A second name of the same file.
      if (models.includes(file.file)) signatures.push({ ...file.signature, name, version });
      else {
        models.push(file.file);
        const key = file.overrideKey ?? join(cwd, file.file);
        named[key] = { ...named[key], name, version };
      }
    }
  }
  if (models.length + signatures.length > 0)
    return { chosen: { models, signatures, overrides: named, unusedOverrides: "ignore" }, leftOut, disagreements };
  const all = registered.map(({ name }) => name);
  throw new ModelError(
    "SL3021",
    all.length === 0
      ? "the platform has no models in this workspace; name another one with --workspace, or upload models first"
      : `nothing says the ports of the platform's models: ${leftOut.map(({ name, reason }) => `'${name}': ${reason}`).join("; ")}. Put the files of its models into a folder and name it, or give the models input_schema and output_schema on the platform`,
    { models: all },
  );
}

function reasonOf(
  { name, sha256, flaw }: Pick<Registered, "name" | "sha256" | "flaw">,
  hasPorts: boolean,
): string | null {
  if (!isPlatformName(name)) return `${nameRule}, so that no definition can name it`;
  if (sha256 === null) return "it has no digest, so that no definition can name it";
  if (hasPorts) return null;
  return `no model file has its digest ${sha256.slice(0, 12)}…, and ${flaw ?? "the platform has no schemas of it"}`;
}

/** The files that sources name. Where the user names none, there may be none. */
async function expand(sources: readonly string[], cwd: string, areNamed: boolean): Promise<readonly string[]> {
  const { expandSources } = await import("../../../codegen/models/read-models.js");
  try {
    return await expandSources(sources, cwd);
  } catch (error) {
    if (!areNamed && error instanceof ModelError && error.code === "SL3015") return [];
    throw error;
  }
}

/** The readable model files by digest. */
async function readFiles(
  sources: readonly string[],
  cwd: string,
  overrides: NonNullable<ReadModelsOptions["overrides"]>,
): Promise<ReadonlyMap<string, ReadModel>> {
  const { readModel } = await import("../../../codegen/models/read-models.js");
  const files = new Map<string, ReadModel>();
  for (const file of sources) {
    // A file that cannot be read is reported where it is asked for by name.
    const read = await readModel(file, cwd, overrides).catch((error: unknown) => {
      if (error instanceof ShapelineError) return null;
      throw error;
    });
    if (read !== null) files.set(read.signature.sha256, read);
  }
  return files;
}

async function readRegistry(target: WallarooTarget): Promise<Registered[]> {
  const found: Registered[] = [];
  for (const model of await target.models()) {
    const [newest] = await model.versions();
    if (newest === undefined) continue;
    const [name, version, sha256] = await Promise.all([model.name(), newest.version(), newest.sha()]);
    let stored: ModelVersionSignature | null = null;
    let flaw: string | null = null;
    try {
      stored = await newest.signature();
    } catch (error) {
      if (!(error instanceof TargetError) || error.details["schema"] !== true) throw error;
      flaw = error.message;
    }
    found.push({ name, version, sha256, stored, flaw });
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function signatureOf({
  name,
  sha256,
  inputs,
  outputs,
}: ModelVersionSignature & { readonly sha256: string }): ModelSignature {
  return {
    name,
    sha256,
    inputs: inputs.map(portOf),
    outputs: outputs.map(portOf),
    opset: {},
    irVersion: 0,
    producer: "",
    doc: "The ports are those of the platform's schemas: there was no model file with this digest.",
    metadata: {},
  };
}

/** The platform's columns are rows. */
function portOf({ name, dtype, shape, unsupported }: SignaturePort): Port {
  const port = { name, shape, rowAxis: 0 };
  if (unsupported === undefined && isDType(dtype)) return { ...port, dtype };
  return { ...port, dtype, unsupported: unsupported ?? `a column of ${dtype}` };
}

const isDType = (dtype: string): dtype is DType => (dtypes as readonly string[]).includes(dtype);
