import type { ConstantData } from "../../dsl/constant.js";
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

/** A tensor with a supported dtype. */
export interface UsablePort extends TensorPort, SourcePort {
  readonly unsupported?: never;
}

/** What a source says about a port besides its tensor. Only before the model's rows are decided. */
interface SourcePort {
  /** The row axis that the source or the settings state. */
  readonly rowAxis?: number;
  /**
   * The shape in the model's own file, where the source describes what clients send: Triton reshapes an input before
   * the model. Null if the file's shape does not follow.
   */
  readonly fileShape?: readonly Dim[] | null;
  /** Why the input may be left out: its type says so, or it has weights of the model as a default. */
  readonly optional?: "type" | "default";
}

/** A named input or output of a model. `shape: null` means an unknown rank; the row axis is `"batch"`. */
export type Port = UsablePort | (UnsupportedPort & SourcePort);

/** Why a model's rows are where they are. A model without `"batch"` in its shapes is whole: each row is one run. */
export interface RowDecision {
  /**
   * `settings`: the project's settings. `source`: stated in the file, as by Triton's `max_batch_size`. `symbol`: a
   * symbol of the file. `anonymous`: the first dimension of all ports has no name. `size`: the first dimension of all
   * ports has the same size. `none`: nothing stands for rows, so the model is whole.
   */
  readonly by: "settings" | "source" | "symbol" | "anonymous" | "size" | "none";
  /** The file's name of the row axis, if `by` is `symbol`. */
  readonly symbol?: string;
}

/** The inputs, outputs and documentation of a model, without its weights. */
export interface ModelSignature {
  /** The file's base name as a DNS label. Pipelines, configs and the platform use this name. */
  readonly name: string;
  /** SHA-256 of the whole file and, after it, of its files with external weights; 64 hex digits. */
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
  /** Rows of one run, if the file fixes it. The shapes have `"batch"` there. */
  readonly batchSize?: number;
  /** Fixed values of inputs of the file that are no inputs here, from the settings. */
  readonly constants?: Readonly<Record<string, ConstantData>>;
  /** How the row axes were found. Absent in what readers return, unless the source says that the model is whole. */
  readonly rows?: RowDecision;
  /** The file's names of the ports that the settings renamed. */
  readonly renamed?: RenamedPorts;
}

/** The ports that a handle includes: tensors with a supported dtype. */
export function usablePorts(ports: readonly Port[]): readonly UsablePort[] {
  return ports.filter((port): port is UsablePort => port.unsupported === undefined);
}

/** The ports that a handle omits. */
export function unsupportedPorts(ports: readonly Port[]): readonly (UnsupportedPort & SourcePort)[] {
  return ports.filter((port): port is UnsupportedPort & SourcePort => port.unsupported !== undefined);
}

/**
 * Whether an output of this shape can have `count` labels. An output of one number is a class or a probability, so it
 * may have any number of labels.
 */
export function labelsFit(shape: readonly Dim[] | null, count: number): boolean {
  const size = shape === null || shape.length < 2 ? undefined : shape.at(-1);
  return typeof size !== "number" || size <= 1 || size === count;
}
