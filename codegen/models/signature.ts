import type { RenamedPorts } from "../../dsl/renamed-ports.js";
import type { Dim, Port as TensorPort } from "../../dsl/tensor.js";

/** A port that no runtime here can be fed with or read: a sequence, a map, an optional, an exotic element type. */
export interface UnsupportedPort {
  readonly name: string;
  /** The type in ONNX's own notation, such as `seq(map(int64,tensor(float)))`. */
  readonly dtype: string;
  readonly shape: readonly Dim[] | null;
  /** What it is and what to do about it. */
  readonly unsupported: string;
}

/** A named input or output of a model file. `shape: null` is an unknown rank; dimension 0, when dynamic, is `"batch"`. */
export type Port = (TensorPort & { readonly unsupported?: never }) | UnsupportedPort;

/** What a model file says about itself, read without its weights. */
export interface ModelSignature {
  /** The file's base name as a DNS label: what the pipeline, the config and the platform call the model. */
  readonly name: string;
  /** SHA-256 of the whole file, 64 hex digits. */
  readonly sha256: string;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** The path it was read from, as it was given. */
  readonly file?: string;
  /** Version of each operator set by domain; the standard domain is `""`. */
  readonly opset: Readonly<Record<string, number>>;
  readonly irVersion: number;
  /** Name and version of the exporter, or `""`. */
  readonly producer: string;
  readonly doc: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** What the pipeline and the config call its version; `"1"` when left out. */
  readonly version?: string;
  /** What the values of an output stand for, by its name. */
  readonly labels?: Readonly<Record<string, readonly string[]>>;
  /** What the file calls the ports that the settings renamed. */
  readonly renamed?: RenamedPorts;
}

/** The ports that a handle can carry: plain tensors of a dtype that runtimes take. */
export function usablePorts(ports: readonly Port[]): readonly TensorPort[] {
  return ports.filter((port): port is TensorPort & { readonly unsupported?: never } => port.unsupported === undefined);
}

/** The ports that a handle leaves out. */
export function unsupportedPorts(ports: readonly Port[]): readonly UnsupportedPort[] {
  return ports.filter((port): port is UnsupportedPort => port.unsupported !== undefined);
}

/** Whether so many labels can stand for the values of such an output. One number is a class or a probability; it may have any number of labels. */
export function labelsFit(shape: readonly Dim[] | null, count: number): boolean {
  const size = shape === null || shape.length < 2 ? undefined : shape.at(-1);
  return typeof size !== "number" || size <= 1 || size === count;
}
