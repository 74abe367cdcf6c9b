import { afterAll, beforeAll, expect, it } from "vitest";
import { wallaroo, type ModelVersion, type WallarooTarget } from "shapeline/wallaroo";
import { fraud } from "../../../examples/fraud/fraud.pipeline.js";
import { a } from "../../../examples/fraud/models.gen.js";
import { exampleRows, models, servePlatform } from "./fraud-platform.js";

let served: Awaited<ReturnType<typeof servePlatform>>;
let model: ModelVersion;
const platform = (): WallarooTarget => wallaroo({ url: served.url, testAuth: true, models });
const otherColumns = {
  code: "SL6056",
  message: expect.stringContaining(
    "model 'a' takes the columns 'image' there (tensor_fields of its configuration) as its inputs 'pixels', and the pipeline sends columns by the inputs' names",
  ),
};

beforeAll(async () => {
  served = await servePlatform();
  await fraud.deploy(platform());
  model = await platform().uploadModel(a);
  await model.configure({ tensorFields: ["image"] });
}, 60_000);

afterAll(() => served.close());

it("refuses to deploy a model that takes other columns of the request, and to plan it", async () => {
  expect(await model.tensorFields()).toEqual(["image"]);
  await expect(fraud.deploy(platform())).rejects.toMatchObject(otherColumns);
  await expect(platform().plan(fraud)).rejects.toMatchObject(otherColumns);
});

it("refuses a connection to a deployment with other columns", async () => {
  const running = await fraud.connect(platform());
  expect(await running.infer(exampleRows(1))).toHaveLength(1);
  const fetched = await platform().pipeline("fraud", { models: [a] });
  await fetched.undeploy();
  await fetched.pipeline().deploy();
  await expect(fraud.connect(platform())).rejects.toMatchObject(otherColumns);
});

it("accepts tensor_fields that are the inputs' names, and a configuration without them", async () => {
  await model.configure({ tensorFields: ["pixels"] });
  expect((await platform().plan(fraud)).pipeline).toBe("fraud");
  await model.configure({});
  const live = await fraud.deploy(platform());
  expect(await live.infer(exampleRows(1))).toHaveLength(1);
});
