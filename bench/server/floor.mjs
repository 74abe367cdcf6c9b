// The floor: a bare node:http handler over onnxruntime-node that speaks the Open Inference Protocol for one model, with
// one float32 input, and checks nothing. `node floor.mjs MODEL`; prints its port.
import { createServer } from "node:http";
import * as ort from "onnxruntime-node";

const session = await ort.InferenceSession.create(process.argv[2], { intraOpNumThreads: 1, interOpNumThreads: 1 });
const datatypes = { float32: "FP32", int64: "INT64" };

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", async () => {
    const { id, inputs } = JSON.parse(Buffer.concat(chunks).toString());
    const feeds = {};
    for (const { name, shape, data } of inputs) feeds[name] = new ort.Tensor("float32", Float32Array.from(data), shape);
    const results = await session.run(feeds);
    const outputs = session.outputNames.map((name) => {
      const { type, dims, data } = results[name];
      return { name, shape: dims, datatype: datatypes[type], data: Array.from(data, Number) };
    });
    const body = JSON.stringify({ model_name: "model", id, outputs });
    response.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
    response.end(body);
  });
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
