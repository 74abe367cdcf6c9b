import { execFileSync } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { expect, test } from "vitest";
import { config, folder, run, writeModel } from "../make-config.js";
import { single } from "../odd-models.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Deploys from a bundle that lacks the worker's file, and returns the error as `CODE message`. */
function deployFromBundle(file: string, format: "esm" | "cjs"): string {
  const dir = folder();
  writeFileSync(
    join(dir, "p.json"),
    JSON.stringify(config("p", [writeModel(dir, "m", single("Identity"))], [run("m")])),
  );
  writeFileSync(
    join(dir, "app.ts"),
    `import { readFileSync } from "node:fs";
    import { local } from ${JSON.stringify(join(root, "src/targets/local/index.ts"))};
    const config = JSON.parse(readFileSync("p.json", "utf8"));
    local({ models: "." }).deploy(config).catch((error) => console.log(error.code, error.message));`,
  );
  symlinkSync(join(root, "node_modules"), join(dir, "node_modules"));
  buildSync({
    entryPoints: [join(dir, "app.ts")],
    outfile: join(dir, file),
    bundle: true,
    platform: "node",
    format,
    packages: "external",
    logLevel: "error",
  });
  return execFileSync(process.execPath, [file], { cwd: dir, encoding: "utf8" }).trim().replaceAll(dir, "DIR");
}

test.each(["app.mjs", "app.cjs"] as const)(
  "an app that was bundled to %s without the worker's file is refused at deploy, with the way out",
  (file) => {
    const [path, format] =
      file === "app.mjs" ? (["DIR/model-worker.js", "esm"] as const) : (["model-worker.js", "cjs"] as const);
    expect(deployFromBundle(file, format)).toBe(
      `SL6000 the embedded engine's worker file '${path}' does not exist, because the app was bundled without it; keep 'shapeline' out of the bundle (esbuild: --external:shapeline)`,
    );
  },
);
