import { FixedSizeList, Field, Float32, List, makeData, Table, Utf8, Vector, vectorFromArray } from "apache-arrow";
import type { Dim, DType, Port } from "../../../dsl/tensor.js";

/** A wrong request: what is wrong, the inputs of the pipeline, the request, and the input that the error names. */
export type HostileCase = readonly [title: string, ports: readonly Port[], request: unknown, input: string];

const port = (name: string, dtype: DType, ...shape: Dim[]): Port => ({ name, dtype, shape });
const image = port("image", "float32", "batch", 2, 3);
const photo = port("photo", "float32", "batch", 3, "height", "width");
const tokens = port("tokens", "int64", "batch", "seq");
const mask = port("mask", "int64", "batch", "seq");
const any: Port = { name: "any", dtype: "float32", shape: null };
const rate = port("rate", "int64");
const pixels = Float32Array.of(1, 2, 3, 4, 5, 6);

function detached(): Float32Array {
  const array = new Float32Array(6);
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
}

const itself: unknown[] = [];
itself.push(itself);

/** Values of one row of `image` that are refused in a record, in a list of rows, and as the second row. */
const wrongImages: readonly (readonly [string, unknown])[] = [
  ["null", null],
  ["undefined", undefined],
  ["a number", 1],
  ["a bigint", 1n],
  ["a text", "1,2,3"],
  ["a function", () => pixels],
  ["a symbol", Symbol("x")],
  ["a Date", new Date(0)],
  ["a Map", new Map([["data", pixels]])],
  ["a promise", Promise.resolve(pixels)],
  ["an ArrayBuffer", pixels.buffer],
  ["a DataView", new DataView(new ArrayBuffer(24))],
  ["an empty list", []],
  ["a list that contains itself", itself],
  ["a flat list", [1, 2, 3, 4, 5, 6]],
  ["one list too few", [[1, 2, 3]]],
  ["ragged lists", [[1, 2, 3], [4]]],
  [
    "a hole",
    [
      [1, 2, 3],
      [4, , 6],
    ],
  ],
  [
    "a text element",
    [
      [1, 2, 3],
      [4, "5", 6],
    ],
  ],
  [
    "an overflow",
    [
      [1, 2, 3],
      [4, 1e39, 6],
    ],
  ],
  [
    "a level too many",
    [
      [[1], [2], [3]],
      [[4], [5], [6]],
    ],
  ],
  ["a short array", new Float32Array(5)],
  ["a long array", new Float32Array(7)],
  ["an empty array", new Float32Array(0)],
  ["a detached array", detached()],
  ["doubles", new Float64Array(6)],
  ["bytes", new Uint8Array(6)],
  ["a Buffer", Buffer.alloc(24)],
  ["bigints", new BigInt64Array(6)],
  ["shared doubles", new Float64Array(new SharedArrayBuffer(48))],
  ["a short shared array", new Float32Array(new SharedArrayBuffer(20))],
  ["data that is null", { data: null, shape: [2, 3] }],
  ["data that is a list", { data: [1, 2, 3, 4, 5, 6], shape: [2, 3] }],
  ["data of another class", { data: new Float64Array(6), shape: [2, 3] }],
  ["data that is a DataView", { data: new DataView(new ArrayBuffer(24)), shape: [2, 3] }],
  ["data that is detached", { data: detached(), shape: [2, 3] }],
  ["no shape", { data: pixels, shape: undefined }],
  ["a shape that is a text", { data: pixels, shape: "2,3" }],
  ["a shape that is a number", { data: pixels, shape: 6 }],
  ["a shape of texts", { data: pixels, shape: ["2", "3"] }],
  ["a shape of bigints", { data: pixels, shape: [2n, 3n] }],
  ["a shape of null", { data: pixels, shape: [2, null] }],
  ["a shape with a hole", { data: pixels, shape: [2, , 3] }],
  ["a negative size", { data: pixels, shape: [-2, -3] }],
  ["a negative zero and a size", { data: pixels, shape: [-0, 3] }],
  ["a fraction", { data: pixels, shape: [1.5, 4] }],
  ["NaN", { data: pixels, shape: [NaN, 3] }],
  ["an infinity", { data: pixels, shape: [Infinity, 3] }],
  ["a huge size", { data: pixels, shape: [2 ** 53, 3] }],
  ["a product that overflows", { data: pixels, shape: [2 ** 52, 2 ** 52] }],
  ["a product that is the length by overflow", { data: pixels, shape: [2 ** 32, 2 ** 32] }],
  ["a shape with the sizes turned", { data: pixels, shape: [3, 2] }],
  ["a shape of another rank", { data: pixels, shape: [6] }],
  ["a shape with the rows", { data: pixels, shape: [1, 2, 3] }],
  ["a shape of a thousand sizes", { data: pixels, shape: new Array(1000).fill(1) }],
  ["an empty shape", { data: pixels, shape: [] }],
  ["a shape of zeros", { data: new Float32Array(0), shape: [0, 0] }],
  ["dims in place of shape", { data: pixels, dims: [2, 3] }],
];

const imageCases: readonly HostileCase[] = wrongImages.flatMap(([title, value]): HostileCase[] => [
  [`a row: ${title}`, [image], [{ image: value }], "image"],
  [`a later row: ${title}`, [image], [{ image: pixels }, { image: value }], "image"],
  [`an entry of a column: ${title}`, [image], { image: [pixels, value] }, "image"],
]);

const wrongColumns: readonly (readonly [string, unknown])[] = [
  ["a number", 5],
  ["a text", "rows"],
  ["null", null],
  ["a short array", new Float32Array(7)],
  ["another class", new Float64Array(6)],
  ["a detached array in { data, shape }", { data: detached(), shape: [1, 2, 3] }],
  ["a shape without the rows", { data: pixels, shape: [2, 3] }],
  ["a shape that is too long", { data: pixels, shape: [1, 1, 2, 3] }],
  ["a negative number of rows", { data: pixels, shape: [-1, 2, 3] }],
  ["other sizes", { data: pixels, shape: [1, 3, 2] }],
  ["a shape that is not the data's", { data: pixels, shape: [2, 2, 3] }],
  ["a list as the data", { data: [1, 2, 3, 4, 5, 6], shape: [1, 2, 3] }],
];

const lists = (values: unknown[]) => vectorFromArray(values, new List(new Field("item", new Float32())));
const table = (name: string, vector: Vector) => new Table({ [name]: vector });
const list = port("list", "float32", "batch", 3);

const otherCases: readonly HostileCase[] = [
  ...wrongColumns.map(([title, value]): HostileCase => [`a column: ${title}`, [image], { image: value }, "image"]),
  ["flat elements for two open sizes", [photo], [{ photo: new Float32Array(12) }], "photo"],
  ["an image of another number of channels", [photo], [{ photo: { data: pixels, shape: [1, 2, 3] } }], "photo"],
  ["an image whose shape lies", [photo], [{ photo: { data: pixels, shape: [3, 2, 2] } }], "photo"],
  ["a flat column of open sizes", [photo], { photo: new Float32Array(12) }, "photo"],
  [
    "a ragged image",
    [photo],
    [
      {
        photo: [
          [[1], [2, 3]],
          [[1], [2]],
          [[1], [2]],
        ],
      },
    ],
    "photo",
  ],
  ["numbers for tokens", [tokens], [{ tokens: Float64Array.of(1, 1.5) }], "tokens"],
  ["a text for tokens", [tokens], [{ tokens: "1 2" }], "tokens"],
  ["tokens of two ranks", [tokens], [{ tokens: [1] }, { tokens: [[1]] }], "tokens"],
  ["a mask of another length", [tokens, mask], [{ tokens: [1, 2], mask: [1] }], "mask"],
  [
    "a mask of another length in a later row",
    [tokens, mask],
    [
      { tokens: [1, 2], mask: [1, 1] },
      { tokens: [1], mask: [1, 1] },
    ],
    "mask",
  ],
  ["columns whose masks have another length", [tokens, mask], { tokens: [[1, 2], [1]], mask: [[1, 1], []] }, "mask"],
  ["rows of two ranks", [any], [{ any: [1] }, { any: [[1]] }], "any"],
  [
    "shapes of two ranks",
    [any],
    [{ any: { data: pixels, shape: [6] } }, { any: { data: pixels, shape: [2, 3] } }],
    "any",
  ],
  ["an unknown rank and a list that contains itself", [any], [{ any: itself }], "any"],
  [
    "two values of a shared input",
    [list, rate],
    [
      { list: [1, 2, 3], rate: 1 },
      { list: [1, 2, 3], rate: 2 },
    ],
    "rate",
  ],
  ["a shared input as a list of rows", [list, rate], { list: [[1, 2, 3]], rate: [1] }, "rate"],
  ["a byte of two for a bool", [port("flag", "bool", "batch", 1, 2)], [{ flag: Uint8Array.of(1, 2) }], "flag"],
  [
    "texts with a half surrogate",
    [port("text", "string", "batch", 1)],
    [{ text: { data: ["\ud800"], shape: [1] } }],
    "text",
  ],
  ["texts that are numbers", [port("text", "string", "batch", 1)], [{ text: { data: [1], shape: [1] } }], "text"],
  ["floats for float16", [port("half", "float16", "batch", 1, 2)], [{ half: new Float32Array(2) }], "half"],
  ["an overflow of float16", [port("half", "float16", "batch", 2)], [{ half: [1, 1e6] }], "half"],
  ["an Arrow column of short lists", [list], table("list", lists([[1, 2]])), "list"],
  ["an Arrow column of single values", [list], table("list", vectorFromArray([1], new Float32())), "list"],
  ["an Arrow column with a null row", [list], table("list", lists([[1, 2, 3], null])), "list"],
  ["an Arrow column with a null element", [list], table("list", lists([[1, null, 3]])), "list"],
  ["an Arrow column of texts", [list], table("list", vectorFromArray(["a"], new Utf8())), "list"],
  [
    "an Arrow column of fixed lists of another size",
    [list],
    table(
      "list",
      new Vector([
        makeData({
          type: new FixedSizeList(2, new Field("item", new Float32())),
          length: 1,
          nullCount: 0,
          child: makeData({ type: new Float32(), data: Float32Array.of(1, 2) }),
        }),
      ]),
    ),
    "list",
  ],
  ...[Int32Array.of(0, 9), Int32Array.of(3, 0), Int32Array.of(-3, 0), Int32Array.of(0)].map(
    (valueOffsets, i): HostileCase => [
      `an Arrow column with wrong offsets (${i})`,
      [port("list", "float32", "batch", "n")],
      table(
        "list",
        new Vector([
          makeData({
            type: new List(new Field("item", new Float32())),
            length: 1,
            nullCount: 0,
            valueOffsets,
            child: makeData({ type: new Float32(), data: Float32Array.of(1, 2, 3) }),
          }),
        ]),
      ),
      "list",
    ],
  ),
];

/** Wrong requests, each of which must be refused with the row or column, the input, and what to do. */
export const hostileValues: readonly HostileCase[] = [...imageCases, ...otherCases];
