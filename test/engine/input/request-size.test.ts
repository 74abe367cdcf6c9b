import { describe, expect, test } from "vitest";
import { Float32, makeData, Table, Vector } from "apache-arrow";
import type { Port } from "../../../dsl/tensor.js";
import { defaultRequestLimits } from "../../../src/engine/input/request-size.js";
import { inputReader } from "../../../src/engine/input/read-input.js";
import { parseRequestLimits } from "../../../src/targets/local/options/request-limits.js";
import { refusal } from "../../refusal.js";

const x: Port = { name: "x", dtype: "float32", shape: ["batch", "n"] };
const name: Port = { name: "name", dtype: "string", shape: ["batch"] };
const limits = { requestElements: 100, requestBytes: 240 };
const read = (input: unknown, ports: readonly Port[] = [x]) =>
  refusal(() => inputReader("p", ports, [], limits)(input));
const numbers = (count: number) => new Array<number>(count).fill(1);

describe("a request that is too large", () => {
  test("is refused with the limit and the way out, in every form", async () => {
    const tooMany =
      /^SL5022 input 'x': a request to a pipeline may have at most 100 elements, and this one has 101; .*local\(\{ limits: \{ requestElements \} \}\)$/;
    expect(await read([{ x: numbers(101) }])).toMatch(tooMany);
    expect(await read({ x: [numbers(101)] })).toMatch(tooMany);
    expect(await read({ x: { data: new Float32Array(101), shape: [1, 101] } })).toMatch(tooMany);
    const flat: Port = { name: "x", dtype: "float32", shape: ["batch"] };
    expect(await read({ x: new Float32Array(101) }, [flat])).toMatch(tooMany);
    const data = makeData({ type: new Float32(), length: 101, data: new Float32Array(101) });
    expect(await read(new Table({ x: new Vector([data]) }), [flat])).toMatch(tooMany);
  });

  test("is measured over all its inputs and rows, texts by their length", async () => {
    expect(await read([{ x: numbers(61) }])).toMatch(
      /^SL5022 .* at most 240 bytes, and this one has 244; .*requestBytes/,
    );
    const both = [
      { x: numbers(40), name: "a".repeat(21) },
      { x: numbers(10), name: "b" },
    ];
    expect(await read(both, [x, name])).toMatch(/^SL5022 a request to a pipeline may have .* 240 bytes, .* has 244;/);
    expect(await read([{ name: "a".repeat(121) }], [name])).toMatch(/^SL5022 .* this one has 242/);
    expect(() => inputReader("p", [x, name], [], limits)([{ x: numbers(30), name: "a".repeat(60) }])).not.toThrow();
  });

  test("takes no memory for a list that only claims to be long", async () => {
    const sparse: unknown[] = [];
    sparse.length = 2 ** 32 - 1;
    const reader = inputReader("p", [x]);
    expect(await refusal(() => reader([{ x: sparse }]))).toMatch(/^SL5022 input 'x': .* has 4,294,967,295;/);
    expect(await refusal(() => reader({ x: sparse }))).toMatch(/^SL50/);
    expect(await refusal(() => reader(sparse))).toMatch(/^SL5002 row 0/);
  });
});

describe("a request whose objects are not plain", () => {
  const point: Port = { name: "x", dtype: "float32", shape: ["batch", 2] };
  const reader = inputReader("p", [point]);
  const cyclic: unknown[] = [];
  cyclic.push(cyclic, cyclic);
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const detached = new Float32Array(2);
  structuredClone(detached, { transfer: [detached.buffer] });
  const shadowed = Object.defineProperty(new Float32Array(2), "length", { value: 2000 });
  const requests: readonly (readonly [string, unknown, RegExp])[] = [
    [
      "a getter that throws",
      [
        {
          get x() {
            throw new Error("no");
          },
        },
      ],
      /^SL5000 .*cannot be read: no; give plain objects/,
    ],
    [
      "a proxy that throws",
      [
        new Proxy(
          { x: [1, 2] },
          {
            get: () => {
              throw new Error("no");
            },
          },
        ),
      ],
      /^SL5000 .*: no;/,
    ],
    ["a revoked proxy", [revoked.proxy], /^SL5000 .*cannot be read/],
    ["a list of itself", [{ x: cyclic }], /^SL50/],
    ["a detached array", { x: detached }, /^SL5001 /],
    ["an array that claims another length", { x: shadowed }, /^SL5000 input 'x' changed while it was read/],
  ];
  test.each(requests)("%s is refused with a code", async (_what, request, expected) => {
    expect(await refusal(() => reader(request))).toMatch(expected);
  });

  test("arrays over shared and resizable memory are copied", () => {
    const shared = new Float32Array(new SharedArrayBuffer(8));
    const resizable = Reflect.construct(ArrayBuffer, [8, { maxByteLength: 16 }]) as ArrayBuffer;
    const tracking = new Float32Array(resizable);
    for (const array of [shared, tracking]) {
      const [tensor] = reader({ x: array }).tensors;
      array[0] = 7;
      expect(tensor?.data).toEqual(Float32Array.of(0, 0));
    }
    Reflect.apply(Reflect.get(resizable, "resize") as (size: number) => void, resizable, [4]);
    expect(() => reader({ x: tracking })).toThrow("1 elements cannot be split into rows of 2");
  });
});

describe("local({ limits })", () => {
  test("has sizes as numbers or texts", () => {
    expect(parseRequestLimits(undefined)).toEqual(defaultRequestLimits);
    expect(parseRequestLimits({ requestBytes: "4GB" })).toEqual({ ...defaultRequestLimits, requestBytes: 4e9 });
    expect(parseRequestLimits({ requestElements: 1e9 })).toEqual({ ...defaultRequestLimits, requestElements: 1e9 });
  });

  test.each([
    [5, /'limits' is 5; give \{ requestBytes: "4GB" \}/],
    [{ requestByte: 5 }, /has no option 'requestByte' \(did you mean 'requestBytes'\?\)/],
    [{ requestBytes: "much" }, /'limits\.requestBytes' is "much"; give bytes/],
    [{ requestElements: 0 }, /'limits\.requestElements' is 0; give a whole number/],
  ])("%j is refused", async (value, expected) => {
    expect(await refusal(() => parseRequestLimits(value))).toMatch(expected);
  });
});
