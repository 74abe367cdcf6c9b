// The client against real servers: `npm run oracles:serving` starts them and sets SHAPELINE_SERVING, such as
// "mlserver=http://127.0.0.1:18100 kserve=http://127.0.0.1:18110".
import { describe, expect, test } from "vitest";
import { defineModel, dtypes } from "shapeline";
import { openInference, type AnyConnectedModel, type OpenInferenceOptions } from "shapeline/client";
import { datatypeOf } from "../../src/util/open-inference-datatypes.js";
import { refusal } from "../refusal.js";
import { extremes, identity, nonFinite } from "./all-datatypes.js";
import { servable, testFieldModel } from "./field-suite.js";

const servers = (process.env["SHAPELINE_SERVING"] ?? "").split(" ").filter((entry) => entry !== "");
if (servers.length === 0) test.skip("real servers: run `npm run oracles:serving`", () => undefined);

// MLServer does not read the binary tensor extension over HTTP.
const readsNoBinary = /^SL6054 .* its tensors were binary, which not every server takes: .* UnicodeDecodeError/;
const encodings = { mlserver: ["json"], kserve: ["json", "binary"] } as const;

describe.each(servers.map((entry) => entry.split("=") as [keyof typeof encodings, string]))("%s", (server, url) => {
  describe.each(encodings[server])("with tensors as %s", (encoding) => {
    const options: OpenInferenceOptions = { url, encoding };
    for (const file of servable) testFieldModel(file, async () => options);

    test.each(dtypes)("%s keeps every value both ways", async (dtype) => {
      const live = await connected(dtype, options);
      const rows = extremes[dtype].map((x) => ({ x }));
      if (server === "mlserver" && dtype === "float16") {
        expect(await refusal(live.infer(rows))).toMatch(readsNoBinary);
        return;
      }
      const records = await live.infer(rows);
      expect(records.map((record) => record["out"])).toStrictEqual(rows);
    });

    test.each(["float32", "float64"] as const)("%s keeps NaN and infinities, or refuses them", async (dtype) => {
      const live = await connected(dtype, options);
      const work = live.infer({ x: nonFinite });
      if (server === "mlserver") expect(await refusal(work)).toMatch(readsNoBinary);
      else expect((await work)["out"]).toStrictEqual({ x: nonFinite });
    });
  });

  const connect = (name: string, options = {}) => openInference({ url }).connect(identity("float32", name), options);

  test("an unknown model, a model without metadata, another datatype", async () => {
    expect(await refusal(connect("nothing"), [url, "URL"])).toMatch(
      /^SL6007 model 'nothing' on URL: the server has no such model; .* \(404\); the server says: Model .*nothing/,
    );
    expect(await refusal(connect("undeclared"), [url, "URL"])).toBe(
      "SL6057 model 'undeclared' on URL: the server returns no metadata of the model's tensors, so that the model cannot be compared with it; declare them on the server, or connect without the comparison: connect(…, { checkMetadata: false })",
    );
    expect(await refusal(connect("identity-int64"), [url, "URL"])).toBe(
      "SL6056 model 'identity-int64' on URL differs from the model: input 'x': expected FP32[-1, -1], found INT64[-1, -1]; output 'x': expected FP32[-1, -1], found INT64[-1, -1]; generate the handle from the model that is served",
    );
  });

  test("a model without metadata answers if it is not compared", async () => {
    const live = (await connect("undeclared", { checkMetadata: false })) as unknown as AnyConnectedModel;
    const [row] = await live.infer([{ x: [1, 2] }]);
    expect(row?.["out"]).toEqual({ x: [1, 2] });
  });

  test("a failure of the server has the server's words", async () => {
    const wrong = defineModel({
      name: "fixed4",
      sha256: "0".repeat(64),
      inputs: { wrong: { dtype: "float32", shape: ["batch", 3] } },
      outputs: { y: { dtype: "float32", shape: ["batch", 3] } },
    });
    const live = (await openInference({ url }).connect(wrong, {
      checkMetadata: false,
    })) as unknown as AnyConnectedModel;
    const message = await refusal(live.infer([{ wrong: [1, 2, 3] }]), [url, "URL"]);
    expect(message).toMatch(
      /^SL6054 model 'fixed4' on URL: the server failed; its log has more \(500\); the server says: .*wrong/,
    );
  });
});

async function connected(dtype: (typeof dtypes)[number], options: OpenInferenceOptions): Promise<AnyConnectedModel> {
  const name = `identity-${datatypeOf(dtype).toLowerCase()}`;
  return (await openInference(options).connect(identity(dtype, name))) as unknown as AnyConnectedModel;
}
