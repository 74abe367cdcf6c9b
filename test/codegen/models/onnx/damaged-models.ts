import {
  bytes,
  concat,
  FLOAT,
  initializer,
  input,
  integer,
  mapType,
  model,
  optionalType,
  output,
  sequenceType,
  tensorType,
  varint,
  type Bytes,
} from "./onnx-bytes.js";

export interface DamagedFile {
  readonly name: string;
  readonly content: Bytes;
  /** `either` if protobuf readers may ignore the flaw and accept the file. */
  readonly outcome: "refused" | "either";
}

const x = input("x", tensorType(FLOAT, ["N", 3]));
const y = output("y", tensorType(FLOAT, ["N", 1]));
const latin1 = (text: string): Bytes => Uint8Array.from(Buffer.from(text, "latin1"));
const raw = (...values: number[]): Bytes => Uint8Array.from(values);

/** The Mulberry32 random generator, so that every run has the same files. */
export function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** Places in a model for a flaw, each with the path of field numbers to it. */
const places: Readonly<Record<string, readonly number[]>> = {
  model: [],
  "operator set": [8],
  metadata: [14],
  graph: [7],
  initializer: [7, 5],
  "sparse initializer": [7, 15],
  "its values": [7, 15, 1],
  input: [7, 11],
  output: [7, 12],
  type: [7, 11, 2],
  tensor: [7, 11, 2, 1],
  shape: [7, 11, 2, 1, 2],
  dimension: [7, 11, 2, 1, 2, 1],
};

const classifierOperators = bytes(8, bytes(1, "ai.onnx.ml"), integer(2, 3));

/** Flaws for each of these places. */
const flaws: Readonly<Record<string, Bytes>> = {
  "a number of eleven bytes": concat(raw(0x08), new Uint8Array(10).fill(0xff), raw(1)),
  "a number that never ends": concat(raw(0x08), new Uint8Array(40).fill(0x80)),
  "a tag of eleven bytes": new Uint8Array(11).fill(0xff),
  "a length past the end": concat(raw(0x0a), varint(200)),
  "a length of 4 GB": concat(raw(0x0a), varint(2 ** 32)),
  "a length of 2^53": concat(raw(0x0a), varint(2n ** 53n)),
  "a negative length": concat(raw(0x0a), varint(-1)),
  "a group": raw(0x0b),
  "the end of a group": raw(0x0c),
  "wire type 6": raw(0x0e),
  "field zero": raw(0x00, 0x00),
  "half a double": raw(0x09, 1, 2, 3),
  "half a float": raw(0x0d, 1, 2),
};

function inPlace(path: readonly number[], content: Bytes): Bytes {
  const [field, ...rest] = path;
  return field === undefined ? content : bytes(field, inPlace(rest, content));
}

function flawsInPlaces(): DamagedFile[] {
  return Object.entries(places).flatMap(([place, path]) =>
    Object.entries(flaws).map(([flaw, content]): DamagedFile => {
      const [first, ...rest] = path;
      const graph = first === 7 ? bytes(7, x, y, inPlace(rest, content)) : bytes(7, x, y);
      return {
        name: `${flaw} in the ${place}`,
        content: concat(integer(1, 8), graph, first === 7 ? raw() : inPlace(path, content)),
        outcome: "refused",
      };
    }),
  );
}

/** Flaws in nodes; the reader visits nodes only in models with classifiers. */
function flawsInClassifiers(): DamagedFile[] {
  const op = bytes(4, "LinearClassifier");
  const around: Readonly<Record<string, (content: Bytes) => Bytes>> = {
    classifier: (content) => bytes(1, op, content),
    attribute: (content) => bytes(1, op, bytes(5, content)),
    "list of labels": (content) => bytes(1, op, bytes(5, bytes(1, "classlabels_strings"), content)),
    "list of numbers": (content) =>
      bytes(1, op, bytes(5, bytes(1, "classlabels_ints"), bytes(8, new Uint8Array(11).fill(0xff)), content)),
  };
  return Object.entries(around).flatMap(([place, put]) =>
    Object.entries(flaws).map(([flaw, content]): DamagedFile => ({
      name: `${flaw} in a ${place}`,
      content: concat(model(put(content), x, y), classifierOperators),
      outcome: "refused",
    })),
  );
}

function deeplyNested(): DamagedFile[] {
  const wraps = { sequences: sequenceType, optionals: optionalType, maps: (of: Bytes): Bytes => mapType(7, of) };
  const deep = (wrap: (of: Bytes) => Bytes, levels: number): Bytes =>
    Array.from({ length: levels }).reduce<Bytes>((of) => wrap(of), tensorType(FLOAT, []));
  return Object.entries(wraps).flatMap(([kind, wrap]) =>
    [17, 50, 400].map((levels): DamagedFile => ({
      name: `${levels} nested ${kind}`,
      content: model(input("x", deep(wrap, levels)), y),
      outcome: "refused",
    })),
  );
}

const otherFiles: Readonly<Record<string, Bytes>> = {
  "one zero": raw(0),
  "a page of zeros": new Uint8Array(4096),
  "a page of ones": new Uint8Array(4096).fill(0xff),
  text: latin1("hello world\n"),
  "a zip": latin1("PK\x03\x04\x14\0"),
  gzip: latin1("\x1f\x8b\x08\0\0\0"),
  PNG: latin1("\x89PNG\r\n\x1a\n"),
  JPEG: latin1("\xff\xd8\xff\xe0\0\x10JFIF"),
  PDF: latin1("%PDF-1.7\n"),
  ELF: latin1("\x7fELF\x02\x01\x01"),
  HDF5: latin1("\x89HDF\r\n\x1a\n"),
  NumPy: latin1("\x93NUMPY\x01\0"),
  pickle: latin1("\x80\x04\x95\x10\0\0\0"),
  "a Git LFS pointer": latin1("version https://git-lfs.github.com/spec/v1\n"),
  HTML: latin1("<!DOCTYPE html><html>"),
  JSON: latin1('{"name": "x"}'),
  XML: latin1('<?xml version="1.0"?>'),
  safetensors: latin1('@\0\0\0\0\0\0\0{"__metadata__":{}}'),
  TFLite: latin1("\x1c\0\0\0TFL3"),
  "an .ort model": latin1("\x20\0\0\0ORTM"),
  GGUF: latin1("GGUF\x03\0\0\0"),
  SQLite: latin1("SQLite format 3\0"),
  "a Windows program": latin1("MZ\x90\0\x03"),
  "a shell script": latin1("#!/bin/sh\nexit 0\n"),
  YAML: latin1("name: x\n"),
  "UTF-16 text": latin1("\xff\xfeh\0i\0"),
};

/** Right at every byte, but asking for more than a signature should hold. */
function oversized(): DamagedFile[] {
  const graph = (...content: Bytes[]): Bytes => concat(integer(1, 8), bytes(7, ...content));
  const repeated = (part: Bytes, times: number): Bytes => new Uint8Array(Buffer.alloc(part.length * times, part));
  const wide = "\u0436";
  const classifier = (label: string): Bytes =>
    bytes(1, bytes(2, "y"), bytes(4, "LinearClassifier"), bytes(5, bytes(1, "classlabels_strings"), bytes(9, label)));
  return [
    { name: "a million empty inputs", content: graph(repeated(raw(0x5a, 0), 1_000_000)), outcome: "refused" },
    {
      name: "a million dimensions",
      content: graph(input("x", bytes(1, bytes(2, repeated(raw(0x0a, 0), 1_000_000)))), y),
      outcome: "refused",
    },
    {
      name: "a million operator sets",
      content: concat(repeated(raw(0x42, 0), 1_000_000), graph(x, y)),
      outcome: "either",
    },
    {
      name: "a million metadata entries",
      content: concat(repeated(bytes(14, bytes(1, "k")), 1_000_000), graph(x, y)),
      outcome: "refused",
    },
    {
      name: "a million initializers",
      content: graph(repeated(bytes(5, bytes(8, "w")), 1_000_000), x, y),
      outcome: "refused",
    },
    {
      name: "a million sequences",
      content: graph(repeated(input("x", sequenceType(tensorType(FLOAT, []))), 1_000_000), y),
      outcome: "refused",
    },
    {
      name: "a name of 20 MB",
      content: graph(input("n".repeat(20 << 20), tensorType(FLOAT, ["N"])), y),
      outcome: "refused",
    },
    {
      name: "a name of 10 MB, two bytes a letter",
      content: graph(input(`x${wide.repeat(5 << 20)}`, tensorType(FLOAT, ["N"])), y),
      outcome: "either",
    },
    {
      name: "documentation of 20 MB",
      content: concat(bytes(6, wide.repeat(10 << 20)), graph(x, y)),
      outcome: "refused",
    },
    {
      name: "a producer of 10 MB",
      content: concat(bytes(2, `x${wide.repeat(5 << 20)}`), graph(x, y)),
      outcome: "either",
    },
    {
      name: "a million nodes",
      content: graph(repeated(bytes(1, bytes(4, "Add")), 1_000_000), x, y),
      outcome: "either",
    },
    {
      name: "200,000 classifiers",
      content: concat(graph(repeated(classifier("a"), 200_000), x, y), classifierOperators),
      outcome: "either",
    },
    {
      name: "a million labels",
      content: concat(
        graph(
          bytes(
            1,
            bytes(4, "LinearClassifier"),
            bytes(5, bytes(1, "classlabels_strings"), repeated(bytes(9, "a"), 1_000_000)),
          ),
          x,
          y,
        ),
        classifierOperators,
      ),
      outcome: "either",
    },
    {
      name: "labels just under the limit",
      content: concat(
        graph(
          bytes(
            1,
            bytes(2, "y"),
            bytes(4, "LinearClassifier"),
            bytes(5, bytes(1, "classlabels_strings"), repeated(bytes(9, "ab"), 260_000)),
          ),
          x,
          y,
        ),
        classifierOperators,
      ),
      outcome: "either",
    },
  ];
}

function wellFormed(): DamagedFile[] {
  const graph = (...content: Bytes[]): Bytes => concat(integer(1, 8), bytes(7, ...content));
  return [
    { name: "two inputs of one name", content: graph(x, x, y), outcome: "refused" },
    { name: "an input without a name", content: graph(bytes(11), y), outcome: "refused" },
    { name: "a name that is not UTF-8", content: graph(bytes(11, bytes(1, raw(0xff, 0xfe))), y), outcome: "refused" },
    {
      name: "a symbol that is not UTF-8",
      content: graph(input("x", bytes(1, bytes(2, bytes(1, bytes(2, raw(0xc0)))))), y),
      outcome: "refused",
    },
    {
      name: "an initializer's name that is not UTF-8",
      content: graph(bytes(5, bytes(8, raw(0xc0))), x, y),
      outcome: "refused",
    },
    { name: "two graphs", content: concat(graph(x, y), bytes(7, x, y)), outcome: "refused" },
    { name: "no graph", content: integer(1, 8), outcome: "refused" },
    { name: "no IR version", content: bytes(7, x, y), outcome: "refused" },
    {
      name: "a dimension of 2^60",
      content: graph(input("x", bytes(1, bytes(2, bytes(1, integer(1, 2n ** 60n))))), y),
      outcome: "refused",
    },
    {
      name: "an element type of 2^60",
      content: graph(input("x", bytes(1, integer(1, 2n ** 60n))), y),
      outcome: "refused",
    },
    { name: "an IR version of 2^60", content: concat(integer(1, 2n ** 60n), bytes(7, x, y)), outcome: "refused" },
    {
      name: "known fields of other wire types",
      content: concat(integer(7, 1), bytes(1, "v"), graph(integer(11, 3), integer(5, 3), x, y)),
      outcome: "either",
    },
    {
      name: "an initializer after the input it feeds",
      content: graph(x, input("w", tensorType(FLOAT, [1])), y, initializer("w", [1], new Uint8Array(4))),
      outcome: "either",
    },
  ];
}

/** Files that a user may pass by mistake, or that an attacker may craft. */
export function handMade(): DamagedFile[] {
  const others = Object.entries(otherFiles).map(([name, content]): DamagedFile => ({
    name,
    content,
    outcome: "refused",
  }));
  const random = seeded(7);
  const noise = Array.from({ length: 12 }, (_, i): DamagedFile => ({
    name: `noise ${i}`,
    content: Uint8Array.from({ length: 50 + random(2000) }, () => random(256)),
    outcome: "refused",
  }));
  return [
    ...flawsInPlaces(),
    ...flawsInClassifiers(),
    ...deeplyNested(),
    ...others,
    ...noise,
    ...wellFormed(),
    ...oversized(),
  ];
}
