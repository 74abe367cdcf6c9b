import type { InferenceSession } from "onnxruntime-node";
import type { TensorData } from "../../tensors/tensor-data.js";
import { requirePackage } from "../../util/process/require-package.js";
import {
  invalidModel,
  loadRuntime,
  outputsOf,
  requestedFetches,
  type RunAnswer,
  runFailed,
  runtimeFeeds,
  type Tensors,
} from "./onnx-runtime.js";
import { defaultSession } from "./session-options.js";

/** A reference to a model that can run in the current turn of the event loop. */
export interface NativeModel {
  /**
   * Runs the model now: the caller goes on when the run has ended.
   *
   * @throws TargetError SL6002 with the model's name
   */
  runNow(feeds: Tensors, fetches: readonly string[]): TensorData[];
  /** Releases this reference; the last release frees the model. */
  release(): void;
}

/** A session of the runtime's binding. It runs at once; the runtime's own class defers each run to a later turn. */
interface BoundSession {
  loadModel(buffer: ArrayBufferLike, byteOffset: number, byteLength: number, options: object): void;
  run(feeds: object, fetches: object, options: object): RunAnswer;
  dispose(): void;
}

interface BindingModule {
  readonly binding?: { readonly InferenceSession?: new () => BoundSession };
  readonly initOrt?: () => void;
}

interface SharedSession {
  readonly session: BoundSession;
  references: number;
}

const sessions = new Map<string, SharedSession>();

/** The runtime's binding. Not a public part of the runtime; null if it is not as known. */
function loadBinding(): (new () => BoundSession) | null {
  let found: BindingModule;
  try {
    found = requirePackage("onnxruntime-node/dist/binding.js") as BindingModule;
  } catch {
    return null;
  }
  const create = found.binding?.InferenceSession;
  const methods = create?.prototype as Partial<BoundSession> | undefined;
  if (create === undefined || found.initOrt === undefined) return null;
  if (methods?.loadModel === undefined || methods.run === undefined || methods.dispose === undefined) return null;
  found.initOrt();
  return create;
}

/**
 * Opens a model on the binding of the runtime, or adds a reference if the same file is already open there.
 *
 * @param key digest of the model and its data files, and its options if they are not the defaults
 * @param bytes the model with all its weights
 * @param where the file's name in messages
 * @returns null for a runtime without a known binding, and for models that run elsewhere than on the CPU
 * @throws ModelError SL3023 if the runtime cannot load the model
 */
export async function openNativeModel(
  name: string,
  key: string,
  bytes: Uint8Array,
  where: string,
  options: InferenceSession.SessionOptions = defaultSession.options,
): Promise<NativeModel | null> {
  if (options.executionProviders?.some((provider) => provider !== "cpu") !== false) return null;
  await loadRuntime();
  const Session = loadBinding();
  if (Session === null) return null;
  let shared = sessions.get(key);
  if (shared === undefined) {
    const session = new Session();
    try {
      session.loadModel(bytes.buffer, bytes.byteOffset, bytes.byteLength, options);
    } catch (cause) {
      throw invalidModel(name, where, cause);
    }
    sessions.set(key, (shared = { session, references: 0 }));
  }
  shared.references++;
  return reference(name, key, shared);
}

function reference(name: string, key: string, shared: SharedSession): NativeModel {
  const { session } = shared;
  const outputsFor = requestedFetches();
  const runOptions = {};
  let released = false;
  return {
    runNow(feeds, fetches) {
      let answer: RunAnswer;
      try {
        answer = session.run(runtimeFeeds(feeds), outputsFor(fetches), runOptions);
      } catch (cause) {
        throw runFailed(name, cause);
      }
      return outputsOf(name, fetches, answer);
    },
    release() {
      if (released) return;
      released = true;
      if (--shared.references > 0) return;
      sessions.delete(key);
      session.dispose();
    },
  };
}
