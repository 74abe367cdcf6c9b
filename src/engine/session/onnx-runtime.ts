import type { InferenceSession, Tensor } from "onnxruntime-node";
import { ModelError, TargetError } from "../../../dsl/errors.js";
import type { DType } from "../../../dsl/tensor.js";
import type { TensorData, TensorElements } from "../../tensors/tensor-data.js";
import { errorSummary } from "../../util/error-message.js";

type Runtime = typeof import("onnxruntime-node");
type Tensors = Readonly<Record<string, TensorData>>;

/** One loaded model. All who ask for the same digest share it; each gives back its own hold. */
export interface ModelSession {
  /** What the runtime says of the file: names, dtypes, and sizes where they are known. */
  readonly inputs: readonly InferenceSession.ValueMetadata[];
  readonly outputs: readonly InferenceSession.ValueMetadata[];
  /**
   * @param feeds by model input
   * @param fetches the outputs to compute, in the order of the answer
   * @param use what is made of them: handed in, it costs no promise of its own
   * @throws TargetError SL6002 with the model's name, and what `use` throws
   */
  run<T>(feeds: Tensors, fetches: readonly string[], use: (outputs: TensorData[]) => T | Promise<T>): Promise<T>;
  /** The last one who gives it back frees the model. */
  release(): Promise<void>;
}

interface SharedSession {
  readonly loading: Promise<InferenceSession>;
  references: number;
}

let runtime: Promise<Runtime> | undefined;
const sessions = new Map<string, SharedSession>();

/** One thread a model: rows come few at a time, models are small, and threads that spin for work cost more than they bring. */
export const sessionOptions = {
  executionProviders: ["cpu"],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  logSeverityLevel: 4,
} as const;

/**
 * Loads ONNX Runtime when it is first needed.
 *
 * @throws TargetError SL6001 where the optional peer is not installed
 */
export async function loadRuntime(load: () => Promise<Runtime> = () => import("onnxruntime-node")): Promise<Runtime> {
  // ONNX Runtime reports its use to its maker unless told not to; nothing leaves the machine from here.
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
        ? "onnxruntime-node is not installed, and the embedded engine runs models with it: npm install onnxruntime-node (or npm install --ignore-scripts onnxruntime-node, where its install script cannot reach the network: the script only fetches GPU parts)"
        : `onnxruntime-node is installed but does not load (${errorSummary(cause)}): install it again with npm install onnxruntime-node, or with --ignore-scripts where its install script fails: the script only fetches GPU parts`,
      {},
      { cause },
    );
  }
}

/**
 * Opens a model, or joins those who have the same file open.
 *
 * @param sha256 digest of `bytes`
 * @param where how messages call the file
 * @throws ModelError SL3023 when the bytes are no whole ONNX model
 */
export async function openSession(
  name: string,
  sha256: string,
  bytes: Uint8Array,
  where: string,
): Promise<ModelSession> {
  runtime ??= loadRuntime();
  const ort = await runtime.catch((error: unknown) => {
    runtime = undefined;
    throw error;
  });
  let shared = sessions.get(sha256);
  if (shared === undefined) {
    shared = {
      loading: ort.InferenceSession.create(bytes, sessionOptions),
      references: 0,
    };
    sessions.set(sha256, shared);
  }
  shared.references++;
  let session: InferenceSession;
  try {
    session = await shared.loading;
  } catch (cause) {
    sessions.delete(sha256);
    throw invalidModel(name, where, cause);
  }
  return sessionHandle(name, sha256, shared, session, ort);
}

/** What to say of bytes that the runtime does not take. */
export function invalidModel(name: string, where: string, cause: unknown): ModelError {
  return new ModelError(
    "SL3023",
    `model '${name}': '${where}' is not a whole ONNX model that this onnxruntime-node can run (${errorSummary(cause)}); copy or export the file again`,
    { model: name, file: where },
    { cause },
  );
}

function sessionHandle(
  name: string,
  sha256: string,
  shared: SharedSession,
  session: InferenceSession,
  ort: Runtime,
): ModelSession {
  const runSession = directRun(session) ?? checkedRun(session, ort);
  let released = false;
  return {
    inputs: session.inputMetadata,
    outputs: session.outputMetadata,
    run(feeds, fetches, use) {
      return runSession(feeds, fetches).then(
        (answer) => {
          const outputs = new Array<TensorData>(fetches.length);
          for (let i = 0; i < outputs.length; i++) {
            const output = fetches[i] ?? "";
            outputs[i] = fromRuntime(name, output, answer[output]);
          }
          return use(outputs);
        },
        (cause: unknown) => {
          throw runFailed(name, cause);
        },
      );
    },
    async release() {
      if (released) return;
      released = true;
      if (--shared.references > 0 || sessions.get(sha256) !== shared) return;
      sessions.delete(sha256);
      await session.release();
    },
  };
}

type Answer = Readonly<Record<string, Pick<Tensor, "type" | "dims" | "data">>>;
type RunSession = (feeds: Tensors, fetches: readonly string[]) => Promise<Answer>;

function checkedRun(session: InferenceSession, ort: Runtime): RunSession {
  // The runtime's overloads tie the array's type to the dtype, which is a value here.
  const OrtTensor = ort.Tensor as unknown as new (
    dtype: DType,
    data: TensorElements,
    dims: readonly number[],
  ) => Tensor;
  return async (feeds, fetches) => {
    const given: Record<string, Tensor> = {};
    for (const [input, { dtype, data, dims }] of Object.entries(feeds)) given[input] = new OrtTensor(dtype, data, dims);
    return session.run(given, fetches);
  };
}

/**
 * The way past what `session.run` checks and wraps, all of which the engine has checked before: a tenth of a small model's run.
 * It is no promise of the runtime's, so that it may be missing: null then.
 */
export function directRun(session: InferenceSession): RunSession | null {
  const handler: unknown = Reflect.get(session, "handler");
  if (typeof handler !== "object" || handler === null || !("run" in handler) || typeof handler.run !== "function")
    return null;
  const run = handler.run.bind(handler) as (feeds: object, fetches: object, options: object) => Promise<Answer>;
  const wanted = new WeakMap<readonly string[], Readonly<Record<string, null>>>();
  const options = {};
  return (feeds, fetches) => {
    let outputs = wanted.get(fetches);
    if (outputs === undefined) wanted.set(fetches, (outputs = Object.fromEntries(fetches.map((name) => [name, null]))));
    const given: Record<string, object> = {};
    for (const input in feeds) {
      const tensor = feeds[input];
      if (tensor !== undefined)
        given[input] = { type: tensor.dtype, data: tensor.data, dims: tensor.dims, location: "cpu" };
    }
    return run(given, outputs, options);
  };
}

/** What to say of a run that the runtime gave up. */
export function runFailed(name: string, cause: unknown): TargetError {
  return new TargetError(
    "SL6002",
    `model '${name}' failed on these rows: ${errorSummary(cause)}`,
    { model: name },
    { cause },
  );
}

function fromRuntime(model: string, output: string, value: Answer[string] | undefined): TensorData {
  if (value === undefined)
    throw new TargetError("SL6003", `model '${model}' gave no output '${output}'`, { model, output });
  const { data } = value;
  // Where JavaScript has Float16Array the runtime uses it; the bits are the same.
  const elements =
    value.type === "float16" && ArrayBuffer.isView(data)
      ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2)
      : data;
  return { dtype: value.type as DType, dims: value.dims, data: elements };
}
