import type { InferenceSession, Tensor } from "onnxruntime-node";
import { ModelError, TargetError } from "../../../dsl/errors.js";
import type { DType } from "../../../dsl/tensor.js";
import type { TensorData } from "../../tensors/tensor-data.js";
import { errorSummary } from "../../util/error-message.js";
import { enginePackages, installCommand } from "../../util/process/missing-packages.js";
import { requirePackage } from "../../util/process/require-package.js";
import { defaultSession } from "./session-options.js";

type Runtime = typeof import("onnxruntime-node");
export type Tensors = Readonly<Record<string, TensorData>>;

/** A reference to a loaded model. All references to the same digest share one session. */
export interface ModelSession {
  /** The file's ports by the runtime: names, dtypes and known sizes. */
  readonly inputs: readonly InferenceSession.ValueMetadata[];
  readonly outputs: readonly InferenceSession.ValueMetadata[];
  /**
   * @param feeds by model input
   * @param fetches the outputs to compute, in the order of the result
   * @param use uses the outputs; a callback saves a promise in every run
   * @param ended called when the run has ended, before `use`, also if it failed
   * @throws TargetError SL6002 with the model's name; errors of `use` as they are
   */
  run<T>(
    feeds: Tensors,
    fetches: readonly string[],
    use: (outputs: TensorData[]) => T | Promise<T>,
    ended?: () => void,
  ): Promise<T>;
  /** Releases this reference; the last release frees the model. */
  release(): Promise<void>;
}

interface SharedSession {
  readonly loading: Promise<InferenceSession>;
  references: number;
}

let runtime: Promise<Runtime> | undefined;
const sessions = new Map<string, SharedSession>();

function requireRuntime(): Runtime {
  return requirePackage("onnxruntime-node") as Runtime;
}

/**
 * Loads ONNX Runtime on first use.
 *
 * @throws TargetError SL6001 if the optional peer is not installed
 */
export async function loadRuntime(load: () => Runtime | Promise<Runtime> = requireRuntime): Promise<Runtime> {
  // By default ONNX Runtime sends usage data to its vendor. Shapeline sends nothing off the machine.
  process.env.ORT_DISABLE_TELEMETRY ??= "1";
  try {
    return await load();
  } catch (cause) {
    const missing =
      cause instanceof Error &&
      "code" in cause &&
      (cause.code === "ERR_MODULE_NOT_FOUND" || cause.code === "MODULE_NOT_FOUND");
    throw new TargetError(
      "SL6001",
      missing
        ? `onnxruntime-node is not installed, and the embedded engine runs models with it; run: ${installCommand(enginePackages)} (the install script of onnxruntime-node only fetches GPU parts)`
        : `onnxruntime-node is installed but does not load (${errorSummary(cause)}): install it again with npm install onnxruntime-node, or with --ignore-scripts where its install script fails: the script only fetches GPU parts`,
      {},
      { cause },
    );
  }
}

/**
 * Opens a model, or adds a reference if the same file is already open.
 *
 * @param key digest of the model and its data files, and its options if they are not the defaults
 * @param bytes the model with all its weights: the runtime opens no file
 * @param where the file's name in messages
 * @throws ModelError SL3023 if the runtime cannot load the model
 */
export async function openSession(
  name: string,
  key: string,
  bytes: Uint8Array,
  where: string,
  options = defaultSession.options,
): Promise<ModelSession> {
  runtime ??= loadRuntime();
  const ort = await runtime.catch((error: unknown) => {
    runtime = undefined;
    throw error;
  });
  let shared = sessions.get(key);
  if (shared === undefined) {
    shared = { loading: ort.InferenceSession.create(bytes, options), references: 0 };
    sessions.set(key, shared);
  }
  shared.references++;
  let session: InferenceSession;
  try {
    session = await shared.loading;
  } catch (cause) {
    sessions.delete(key);
    throw invalidModel(name, where, cause);
  }
  return sessionHandle(name, key, shared, session);
}

/** The error for a model that the runtime does not load, with the runtime's own words. */
export function invalidModel(name: string, where: string, cause: unknown): ModelError {
  return new ModelError(
    "SL3023",
    `model '${name}': this onnxruntime-node cannot load '${where}': ${errorSummary(cause)}. Check that the file is complete and that this version supports its operators; export it again or update onnxruntime-node`,
    { model: name, file: where },
    { cause },
  );
}

function sessionHandle(name: string, key: string, shared: SharedSession, session: InferenceSession): ModelSession {
  const runSession = directRun(session) ?? checkedRun(session);
  let released = false;
  return {
    inputs: session.inputMetadata,
    outputs: session.outputMetadata,
    run: (feeds, fetches, use, ended) =>
      runSession(feeds, fetches).then(
        (answer) => {
          ended?.();
          return use(outputsOf(name, fetches, answer));
        },
        (cause: unknown) => {
          ended?.();
          throw runFailed(name, cause);
        },
      ),
    async release() {
      if (released) return;
      released = true;
      if (--shared.references > 0 || sessions.get(key) !== shared) return;
      sessions.delete(key);
      await session.release();
    },
  };
}

/** The outputs of a run by name. */
export type RunAnswer = Readonly<Record<string, Pick<Tensor, "type" | "dims" | "data">>>;
type RunSession = (feeds: Tensors, fetches: readonly string[]) => Promise<RunAnswer>;

function checkedRun(session: InferenceSession): RunSession {
  return async (feeds, fetches) => session.run(runtimeFeeds(feeds) as Record<string, Tensor>, fetches);
}

/**
 * The runtime's form of tensors. Not `new Tensor`: it would turn float16 bits into a Float16Array, from which the
 * runtime reads no element.
 */
export function runtimeFeeds(feeds: Tensors): Record<string, object> {
  const inputs: Record<string, object> = {};
  for (const input in feeds) {
    const tensor = feeds[input];
    if (tensor !== undefined)
      inputs[input] = { type: tensor.dtype, data: tensor.data, dims: tensor.dims, location: "cpu" };
  }
  return inputs;
}

/**
 * Calls the runtime's handler without the checks and wrappers of `session.run`, which repeat the engine's checks and
 * cost a tenth of a small model's run. Not a public interface of the runtime; null if it does not exist.
 */
export function directRun(session: InferenceSession): RunSession | null {
  const handler: unknown = Reflect.get(session, "handler");
  if (typeof handler !== "object" || handler === null || !("run" in handler) || typeof handler.run !== "function")
    return null;
  const run = handler.run.bind(handler) as (feeds: object, fetches: object, options: object) => Promise<RunAnswer>;
  const outputsFor = requestedFetches();
  const options = {};
  return (feeds, fetches) => run(runtimeFeeds(feeds), outputsFor(fetches), options);
}

/**
 * The runtime's form of a list of outputs, made again only for another list: a model has one, a session two only if two
 * pipelines read other outputs of one file.
 */
export function requestedFetches(): (fetches: readonly string[]) => Readonly<Record<string, null>> {
  let last: readonly string[] | undefined;
  let outputs: Readonly<Record<string, null>> = {};
  return (fetches) => {
    if (fetches !== last) outputs = Object.fromEntries((last = fetches).map((name) => [name, null]));
    return outputs;
  };
}

/** The error for a run that failed in the runtime. */
export function runFailed(name: string, cause: unknown): TargetError {
  return new TargetError(
    "SL6002",
    `model '${name}' failed on these rows: ${errorSummary(cause)}`,
    { model: name },
    { cause },
  );
}

export function outputsOf(model: string, fetches: readonly string[], answer: RunAnswer): TensorData[] {
  const outputs = new Array<TensorData>(fetches.length);
  for (let i = 0; i < outputs.length; i++) {
    const output = fetches[i] ?? "";
    outputs[i] = fromRuntime(model, output, answer[output]);
  }
  return outputs;
}

function fromRuntime(model: string, output: string, value: RunAnswer[string] | undefined): TensorData {
  if (value === undefined)
    throw new TargetError("SL6003", `model '${model}' returned no output '${output}'`, { model, output });
  const { data } = value;
  // If JavaScript has Float16Array, the runtime uses it. The bits are the same.
  const elements =
    value.type === "float16" && ArrayBuffer.isView(data)
      ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2)
      : data;
  return { dtype: value.type as DType, dims: value.dims, data: elements };
}
