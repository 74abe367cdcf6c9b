import type { RenamedPorts } from "../../dsl/renamed-ports.js";
import type { Dim, Port as TensorPort } from "../../dsl/tensor.js";

/** A port that the runtimes cannot use: a sequence, a map, an optional, or a rare element type. */
export interface UnsupportedPort {
  readonly name: string;
  /** The type in ONNX notation, such as `seq(map(int64,tensor(float)))`. */
  readonly dtype: string;
  readonly shape: readonly Dim[] | null;
  /** The reason, and how to change the model. */
  readonly unsupported: string;
}

/** A named input or output of a model. `shape: null` means an unknown rank. A dynamic dimension 0 is `"batch"`. */
export type Port = (TensorPort & { readonly unsupported?: never }) | UnsupportedPort;

/** The inputs, outputs and documentation of a model, without its weights. */
export interface ModelSignature {
  /** The file's base name as a DNS label. Pipelines, configs and the platform use this name. */
  readonly name: string;
  /** SHA-256 of the whole file, 64 hex digits. */
  readonly sha256: string;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** The source it was read from, as passed by the caller. */
  readonly file?: string;
  /** Operator set versions by domain. The standard domain is `""`. */
  readonly opset: Readonly<Record<string, number>>;
  readonly irVersion: number;
  /** Name and version of the exporter, or `""` if unknown. */
  readonly producer: string;
  readonly doc: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** The version in pipelines and configs. Default: `"1"`. */
  readonly version?: string;
  /** Class labels by output name, in the order of the output's values. */
  readonly labels?: Readonly<Record<string, readonly string[]>>;
  /** The file's names of the ports that the settings renamed. */
  readonly renamed?: RenamedPorts;
}

/** The ports that a handle includes: tensors with a supported dtype. */
export function usablePorts(ports: readonly Port[]): readonly TensorPort[] {
  return ports.filter((port): port is TensorPort & { readonly unsupported?: never } => port.unsupported === undefined);
}

/** The ports that a handle omits. */
export function unsupportedPorts(ports: readonly Port[]): readonly UnsupportedPort[] {
  return ports.filter((port): port is UnsupportedPort => port.unsupported !== undefined);
}

/**
 * Whether an output of this shape can have `count` labels. An output of one number is a class or a probability, so it
 * may have any number of labels.
 */
export function labelsFit(shape: readonly Dim[] | null, count: number): boolean {
  const size = shape === null || shape.length < 2 ? undefined : shape.at(-1);
  return typeof size !== "number" || size <= 1 || size === count;
}
