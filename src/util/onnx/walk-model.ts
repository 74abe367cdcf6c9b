import { bounds, exceeded } from "../bounds.js";
import { isBytes, isVarint, type Field, type ProtobufFile } from "./protobuf-wire.js";

/** The messages of ONNX that hold tensors, in themselves or in messages within. */
export type MessageKind = "model" | "training" | "function" | "graph" | "node" | "attribute" | "sparse" | "tensor";

/** For each message, the fields that hold further ones: the whole of onnx.proto, so that no tensor stays unseen. */
const children: Readonly<Record<MessageKind, Readonly<Record<number, MessageKind>>>> = {
  model: { 7: "graph", 20: "training", 25: "function" },
  training: { 1: "graph", 2: "graph" },
  function: { 7: "node", 11: "attribute" },
  graph: { 1: "node", 5: "tensor", 15: "sparse" },
  node: { 5: "attribute" },
  attribute: { 5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse" },
  sparse: { 1: "tensor", 2: "tensor" },
  tensor: {},
};

/** What a walk does with the messages that it meets. */
export interface ModelVisitor {
  /** @param within the messages around the tensor, the outermost first; only valid during the call */
  tensor(tensor: Field, within: readonly Field[]): void;
  node?(node: Field): void;
}

/**
 * Visits every tensor and node of a model: initializers, attributes of nodes, bodies of `If`, `Loop` and `Scan`,
 * functions of the model's own and their attributes' defaults, graphs for training. Weights are not read.
 *
 * @throws ModelError SL3011, SL3012 for a file that is cut off or damaged, has two graphs, or is nested too deep
 */
export function walkModel(wire: ProtobufFile, visitor: ModelVisitor): void {
  const within: Field[] = [];
  let graphs = 0;
  const visit = (kind: MessageKind, start: number, end: number): void => {
    for (const field of wire.fields(start, end)) {
      const child = children[kind][field.number];
      if (child === undefined || !isBytes(field, field.number)) continue;
      if (kind === "model" && child === "graph" && ++graphs > 1)
        throw wire.damagedError(field.tagStart, "a second graph begins");
      if (child === "tensor") {
        visitor.tensor(field, within);
        continue;
      }
      if (within.length >= bounds.modelDepth.limit)
        throw wire.damagedError(field.tagStart, exceeded(bounds.modelDepth));
      if (child === "node") visitor.node?.(field);
      within.push(field);
      visit(child, field.start, field.end);
      within.pop();
    }
  };
  visit("model", 0, wire.size);
}

/** Operators that repeat a graph: how long they run depends on values, and may be for ever. */
const loopOperators: ReadonlySet<string> = new Set(["Loop", "Scan", "SequenceMap"]);
const longestOperator = 64;

/** Whether a model repeats graphs of nodes, in its graph, in the graphs of nodes or in functions of its own. */
export function hasLoops(wire: ProtobufFile): boolean {
  return hasOperator(wire, (operator) => loopOperators.has(operator));
}

/** Whether one of a model's nodes, wherever it stands, has an operator of this kind. */
export function hasOperator(wire: ProtobufFile, isSought: (operator: string) => boolean): boolean {
  let found = false;
  walkModel(wire, {
    tensor: () => undefined,
    node: (node) => {
      for (const field of found ? [] : wire.fields(node.start, node.end))
        if (isBytes(field, 4)) found ||= isSought(wire.peekText(field, longestOperator) ?? "");
    },
  });
  return found;
}

/** The number in a field that is read as 32 bits, as protobuf reads an enum. */
export function enumOf(wire: ProtobufFile, field: Field, what: string): number {
  return isVarint(field, field.number) ? wire.integer(field, what) | 0 : 0;
}
