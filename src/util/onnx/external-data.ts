import { realpath } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { ModelError } from "../../../dsl/errors.js";
import { isBytes, isVarint, type Field, type ProtobufFile } from "./protobuf-wire.js";

/** Graphs inside nodes of graphs: real models have two or three levels. */
const maxDepth = 32;
/** The longest location that is read, in bytes. */
const maxTextBytes = 4096;
/** Field numbers of the messages that are visited, by kind of message. */
const graphFields = { node: 1, initializer: 5, sparse: 15 } as const;
const attributeFields = { tensor: 5, graph: 6, tensors: 10, graphs: 11, sparse: 22, sparses: 23 } as const;

/**
 * The files that hold a model's weights outside the model, as the model names them, in the order in which it names them
 * first. ONNX keeps weights over 2 GB so.
 *
 * @throws ModelError SL3011, SL3012 for a file that is cut off or damaged
 */
export function externalLocations(wire: ProtobufFile): readonly string[] {
  const locations = new Set<string>();
  const all = (message: Field): Generator<Field> => wire.fields(message.start, message.end);

  const visitTensor = (tensor: Field): void => {
    let isExternal = false;
    let location: string | undefined;
    for (const field of all(tensor)) {
      if (isVarint(field, 14)) isExternal = wire.integer(field, "a data location") === 1;
      if (isBytes(field, 13)) location = readLocation(wire, field) ?? location;
    }
    if (isExternal && location !== undefined) locations.add(location);
  };
  const visitSparse = (sparse: Field): void => {
    for (const field of all(sparse)) if (isBytes(field, 1) || isBytes(field, 2)) visitTensor(field);
  };
  const visitNode = (node: Field, depth: number): void => {
    for (const attribute of all(node)) {
      if (!isBytes(attribute, 5)) continue;
      for (const field of all(attribute)) {
        if (isBytes(field, attributeFields.tensor) || isBytes(field, attributeFields.tensors)) visitTensor(field);
        if (isBytes(field, attributeFields.sparse) || isBytes(field, attributeFields.sparses)) visitSparse(field);
        if (isBytes(field, attributeFields.graph) || isBytes(field, attributeFields.graphs))
          visitGraph(field, depth + 1);
      }
    }
  };
  const visitGraph = (graph: Field, depth: number): void => {
    if (depth > maxDepth) throw wire.damagedError(graph.tagStart, `graphs are nested deeper than ${maxDepth}`);
    for (const field of all(graph)) {
      if (isBytes(field, graphFields.node)) visitNode(field, depth);
      else if (isBytes(field, graphFields.initializer)) visitTensor(field);
      else if (isBytes(field, graphFields.sparse)) visitSparse(field);
    }
  };

  for (const field of wire.fields(0, wire.size)) {
    if (isBytes(field, 7)) visitGraph(field, 0);
    // The nodes of functions of the model's own.
    if (isBytes(field, 25)) for (const node of all(field)) if (isBytes(node, 7)) visitNode(node, 0);
  }
  return [...locations];
}

/** The value of an entry with the key `location`. */
function readLocation(wire: ProtobufFile, entry: Field): string | undefined {
  let key = "";
  let value = "";
  for (const field of wire.fields(entry.start, entry.end)) {
    if (isBytes(field, 1)) key = wire.peekText(field, maxTextBytes) ?? "";
    if (isBytes(field, 2)) value = wire.peekText(field, maxTextBytes) ?? "";
  }
  return key === "location" ? value : undefined;
}

/**
 * The path of a data file: beside the model, never in the working folder. Symbolic links are followed, because some
 * download caches consist of them.
 *
 * @param file path of the model
 * @throws ModelError SL3018 if the location leaves the model's folder, or if there is no such file
 */
export async function externalPath(file: string, location: string): Promise<string> {
  const folder = dirname(resolve(file));
  const refuse = (why: string): ModelError =>
    new ModelError("SL3018", `model file '${file}' cannot be used: it keeps weights in '${location}', ${why}`, {
      file,
      location,
    });
  const isRelative = !/^(?:[\\/]|[a-z]:)/i.test(location);
  if (location === "" || !isRelative || location.split(/[\\/]/).includes(".."))
    throw refuse("which is outside its folder. Export it again with its data files beside it.");
  const path = join(folder, location);
  let real: string;
  let folders: readonly string[];
  try {
    real = await realpath(path);
    folders = [await realpath(folder), dirname(await realpath(file))];
  } catch (cause) {
    throw Object.assign(refuse(`and there is no such file beside it. Copy '${path}' there, too.`), { cause });
  }
  if (!folders.some((own) => real.startsWith(own.endsWith(sep) ? own : own + sep)))
    throw refuse("a link to a file outside its folder. Copy the file itself there.");
  return path;
}
