import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadSettings } from "../../../codegen/settings/load.js";
import { refusal } from "../../refusal.js";

let root = "";
beforeEach(() => (root = mkdtempSync(join(tmpdir(), "shapeline-settings-"))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

const write = (name: string, text: string): void => writeFileSync(join(root, name), text);
const json = (value: unknown): void => write("shapeline.config.json", JSON.stringify(value));

/** The error of loading the settings, without the part of JSON errors that depends on Node's version. */
async function loadRefusal(configPath?: string): Promise<string> {
  const text = await refusal(loadSettings(root, configPath), [root, ""]);
  return text.replace(/in JSON at .*/, "in JSON");
}

describe("settings", () => {
  test("are empty without a settings file", async () => {
    expect(await loadSettings(root)).toEqual({ folder: root, settings: {} });
  });

  test("load from a TypeScript file with imports; paths are relative to the file", async () => {
    write("names.ts", 'export const control: string = "control";\n');
    write(
      "shapeline.config.ts",
      'import { control } from "./names.js";\nexport default { out: "src/m.ts", overrides: { rf: { name: control, sources: ["a.json", "http://h/v2/models/rf"] } }, targets: { local: { data: "d" } } };\n',
    );
    write("package.json", "{}");
    mkdirSync(join(root, "deep"));
    expect(await loadSettings(join(root, "deep"))).toEqual({
      file: join(root, "shapeline.config.ts"),
      folder: root,
      settings: {
        out: join(root, "src/m.ts"),
        overrides: { rf: { name: "control", sources: [join(root, "a.json"), "http://h/v2/models/rf"] } },
        targets: { local: { data: join(root, "d") } },
      },
    });
    expect(readdirSync(root).sort()).toEqual(["deep", "names.ts", "package.json", "shapeline.config.ts"]);
  });

  test("the search ends at package.json", async () => {
    json({ out: "x.ts" });
    mkdirSync(join(root, "inner"));
    write("inner/package.json", "{}");
    expect((await loadSettings(join(root, "inner"))).file).toBeUndefined();
  });

  test("report every schema problem at once, with suggestions for misspelled keys", async () => {
    json({
      model: [],
      models: "models/*.onnx",
      splitted: true,
      overrides: {
        rf: {
          nmae: "x",
          name: "Not A Name",
          symbols: { x: { first: "seq" } },
          labels: { y: [] },
          ports: { y: "", z: "__proto__" },
        },
      },
      targets: { locl: {}, local: { modles: "x", durability: "on", databaseMemory: {} } },
    });
    expect(await loadRefusal()).toMatchInlineSnapshot(`
      "SL4052 'shapeline.config.json' has invalid settings:
        models: expected array, found "models/*.onnx"
        overrides.rf.name: expected lower-case letters, digits and inner dashes, found "Not A Name"
        overrides.rf.symbols.x.first: expected an axis number
        overrides.rf.labels.y: too small: expected array to have >=1 items, found []
        overrides.rf.ports.y: too small: expected string to have >=1 characters, found ""
        overrides.rf.ports.z: expected a name other than '__proto__', found "__proto__"
        overrides.rf: unknown key 'nmae'; the keys are 'name', 'version', 'symbols', 'rows', 'batchSize', 'shapes', 'labels', 'ports' and 3 more
        targets.local.databaseMemory: expected bytes or a size such as 1GB, found {}
        targets.local.durability: invalid option: expected one of "commit"|"relaxed"|"off", found "on"
        targets.local: unknown key 'modles' (did you mean 'models'?)
        targets: unknown key 'locl' (did you mean 'local'?)
        (whole): unknown key 'model' (did you mean 'models'?)
        (whole): unknown key 'splitted'; the keys are 'models', 'out', 'split', 'overrides' and 'targets'"
    `);
  });

  test("report why a file cannot be read", async () => {
    const all = [await loadRefusal("other.json"), await loadRefusal("other.ts")];
    write("shapeline.config.json", "{ out");
    all.push(await loadRefusal());
    write("shapeline.config.ts", "export const settings = {};");
    all.push(await loadRefusal(), await loadRefusal("shapeline.config.ts"));
    write("shapeline.config.ts", "throw new Error('stop');");
    all.push(await loadRefusal("shapeline.config.ts"));
    write("shapeline.config.ts", "export default {");
    all.push(await loadRefusal("shapeline.config.ts"));
    expect(all).toMatchInlineSnapshot(`
      [
        "SL4051 the settings 'other.json' cannot be read: there is no such file or folder",
        "SL4051 the settings 'other.ts' cannot be read: there is no such file",
        "SL4051 the settings 'shapeline.config.json' cannot be read: it is not JSON: Expected property name or '}' in JSON",
        "SL4050 '' contains both 'shapeline.config.ts' and 'shapeline.config.json': keep one, or choose one with --config",
        "SL4051 the settings 'shapeline.config.ts' have no default export: write \`export default defineConfig({ … })\`",
        "SL2905 'shapeline.config.ts' throws while it is loaded, at shapeline.config.ts: Error: stop",
        "SL2904 'shapeline.config.ts' cannot be bundled:
        shapeline.config.ts:1:17: Expected identifier but found end of file",
      ]
    `);
  });
});
