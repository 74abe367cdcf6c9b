import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test, vi } from "vitest";
import { folder } from "../engine/make-config.js";
import { root } from "../targets/local-engine.js";
import { onnxModel } from "./onnx-server.js";
import { startServer } from "./protocol-server.js";

test("the example of docs/client.md runs", async () => {
  const fraud = join(root, "examples", "fraud");
  const { url } = await startServer({ champ: await onnxModel(join(fraud, "models", "champ.onnx")) });
  const [, code = ""] = /```ts\n([^]*?)```/.exec(readFileSync(join(root, "docs", "client.md"), "utf8")) ?? [];
  const file = join(mkdtempSync(join(folder(), "docs-")), "example.ts");
  writeFileSync(
    file,
    code.replace("http://localhost:8080", url).replace("./models.gen.js", join(fraud, "models.gen.ts")),
  );
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  onTestFinished(() => log.mockRestore());
  await import(pathToFileURL(file).href);
  expect(log.mock.calls).toEqual([[expect.any(Number)]]);
});
