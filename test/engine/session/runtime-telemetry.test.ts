import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { root } from "../../cli/shapeline.js";

test("running a model writes nothing to the user's home: the telemetry of ONNX Runtime is off", () => {
  const home = mkdtempSync(join(tmpdir(), "shapeline-home-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const { ORT_DISABLE_TELEMETRY: _, ...env } = process.env;
  const script = `
    import { parseConfig } from "shapeline/config";
    import { local } from "shapeline/local";
    import { readFileSync } from "node:fs";
    const config = parseConfig(readFileSync("examples/fraud/fraud.pipeline.json", "utf8"));
    const target = local({ models: "examples/fraud/models", data: ${JSON.stringify(join(home, "data"))} });
    const live = await target.deploy(config);
    await live.infer([{ pixels: new Array(64).fill(0) }]);
    await target.close();
  `;
  execFileSync(process.execPath, ["--input-type=module", "-e", script], {
    cwd: root,
    env: { ...env, HOME: home, XDG_CACHE_HOME: join(home, "cache") },
  });
  expect(readdirSync(home)).toEqual(["data"]);
});
