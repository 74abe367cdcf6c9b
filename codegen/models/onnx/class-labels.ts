import { isBytes, type Field, type ProtobufFile } from "../../../src/util/onnx/protobuf-wire.js";

/** Limit for all label lists of a file, in bytes. Real lists take a few thousand. */
const maxListBytes = 1024 * 1024;
/** The longest name or label that is read, in bytes. */
const maxNameBytes = 4096;
/** Limit for graph values with labels. */
const maxLabelledValues = 1024;

const classifierOps = /^(?:Linear|SVM|TreeEnsemble)Classifier$/;
const labelAttributes = /^classlabels_(?:strings|int64s|ints)$/;
/** Operators whose output has the same columns as their input. */
const columnPreservingOps: ReadonlySet<string> = new Set([
  "Cast",
  "Clip",
  "Flatten",
  "Identity",
  "LogSoftmax",
  "Normalizer",
  "Reshape",
  "Sigmoid",
  "Softmax",
  "Squeeze",
]);

interface Node {
  readonly inputs: readonly Field[];
  readonly outputs: readonly Field[];
  readonly attributes: readonly Field[];
  readonly op: string | undefined;
}

/**
 * Follows the class labels of `ai.onnx.ml` classifiers through the graph; its nodes are in execution order. Labels are
 * documentation only, so lists over the limits are skipped and never fail a model.
 */
export class ClassLabels {
  readonly #wire: ProtobufFile;
  readonly #byValue = new Map<string, readonly string[]>();
  #bytesLeft = maxListBytes;

  constructor(wire: ProtobufFile) {
    this.#wire = wire;
  }

  /** The labels of a value. Call it after the last `visitNode`. */
  get(value: string): readonly string[] | undefined {
    return this.#byValue.get(value);
  }

  /** Visits the next node of the graph. */
  visitNode(message: Field): void {
    const { op, inputs, outputs, attributes } = this.#readNode(message);
    if (op === undefined) return;
    if (classifierOps.test(op)) {
      const { labels, names } = this.#readAttributes(attributes);
      this.#set(outputs[0], labels);
      // Without probabilities, a support vector machine has one score per pair of classes.
      if (op !== "SVMClassifier" || names.has("prob_a")) this.#set(outputs[1], labels);
    } else if (op === "ZipMap") {
      const labels = this.#readAttributes(attributes).labels ?? this.#labelsOf(inputs[0]);
      this.#set(inputs[0], labels);
      this.#set(outputs[0], labels);
    } else if (columnPreservingOps.has(op)) this.#set(outputs[0], this.#labelsOf(inputs[0]));
  }

  #readNode(message: Field): Node {
    const [inputs, outputs, attributes]: [Field[], Field[], Field[]] = [[], [], []];
    let op: string | undefined;
    for (const field of this.#wire.fields(message.start, message.end)) {
      if (isBytes(field, 1) && inputs.length < 1) inputs.push(field);
      else if (isBytes(field, 2) && outputs.length < 2) outputs.push(field);
      else if (isBytes(field, 4)) op = this.#wire.peekText(field, maxNameBytes);
      else if (isBytes(field, 5) && attributes.length < 100) attributes.push(field);
    }
    return { inputs, outputs, attributes, op };
  }

  #labelsOf(value: Field | undefined): readonly string[] | undefined {
    if (value === undefined || this.#byValue.size === 0) return undefined;
    return this.#byValue.get(this.#wire.peekText(value, maxNameBytes) ?? "");
  }

  #set(value: Field | undefined, labels: readonly string[] | undefined): void {
    const name = value === undefined || labels === undefined ? undefined : this.#wire.peekText(value, maxNameBytes);
    if (name !== undefined && name !== "" && labels !== undefined && this.#byValue.size < maxLabelledValues)
      this.#byValue.set(name, labels);
  }

  #readAttributes(attributes: readonly Field[]): {
    readonly labels: readonly string[] | undefined;
    readonly names: ReadonlySet<string>;
  } {
    const names = new Set<string>();
    let labels: readonly string[] | undefined;
    for (const attribute of attributes) {
      const name = this.#attributeName(attribute);
      names.add(name);
      if (labelAttributes.test(name)) labels ??= this.#readList(attribute);
    }
    return { labels, names };
  }

  /** Reads the first field only: exporters write the name first, and the rest may hold a whole forest. */
  #attributeName(attribute: Field): string {
    for (const field of this.#wire.fields(attribute.start, attribute.end))
      return isBytes(field, 1) ? (this.#wire.peekText(field, maxNameBytes) ?? "") : "";
    return "";
  }

  #readList(attribute: Field): readonly string[] | undefined {
    this.#bytesLeft -= attribute.end - attribute.start;
    if (this.#bytesLeft < 0) return undefined;
    const labels: string[] = [];
    for (const field of this.#wire.fields(attribute.start, attribute.end)) {
      if (field.number === 8 && (field.wireType === 0 || field.wireType === 2))
        for (const digits of this.#wire.integers(field)) labels.push(digits);
      if (!isBytes(field, 9)) continue;
      const label = this.#wire.peekText(field, maxNameBytes);
      if (label === undefined) return undefined;
      labels.push(label);
    }
    return labels.length === 0 ? undefined : labels;
  }
}
