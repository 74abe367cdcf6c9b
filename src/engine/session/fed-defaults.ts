import { createHash } from "node:crypto";
import { nameInFile } from "../../../dsl/renamed-ports.js";
import type { ModelConfig } from "../../config/schema.js";
import { isBytes, ProtobufFile, type Field } from "../../util/onnx/protobuf-wire.js";
import { withoutGraphFields } from "../../util/onnx/without-untaken-ports.js";

interface OpenedModel {
  readonly bytes: Uint8Array;
  /** The digest of what is opened. */
  readonly sha256: string;
}

/**
 * What the runtime opens for a config's model: without the default values of inputs that the config feeds. ONNX Runtime
 * would use the default and ignore the feed.
 *
 * @returns the file's own bytes and digest if the config feeds no input with a default value
 */
export function withoutFedDefaults(model: ModelConfig, bytes: Uint8Array, path: string): OpenedModel {
  const fed = new Set([
    ...model.inputs.map(({ name }) => nameInFile(model, "inputs", name)),
    ...Object.keys(model.constants ?? {}),
  ]);
  const same = { bytes, sha256: model.sha256 };
  try {
    const wire = new ProtobufFile(bytes, bytes.length, path);
    const graph = [...wire.fields(0, wire.size)].find((field) => isBytes(field, 7));
    if (graph === undefined) return same;
    const defaults = [...wire.fields(graph.start, graph.end)].filter((field) => isDefaultOf(wire, field, fed));
    if (defaults.length === 0) return same;
    const changed = withoutGraphFields(bytes, graph, defaults);
    return { bytes: changed, sha256: createHash("sha256").update(changed).digest("hex") };
  } catch {
    // A damaged file: the runtime says what is wrong with it.
    return same;
  }
}

/** Whether a field of the graph is an initializer with one of the names. */
function isDefaultOf(wire: ProtobufFile, field: Field, names: ReadonlySet<string>): boolean {
  if (!isBytes(field, 5)) return false;
  for (const part of wire.fields(field.start, field.end))
    if (isBytes(part, 8)) return names.has(wire.peekText(part, part.end - part.start) ?? "");
  return false;
}
