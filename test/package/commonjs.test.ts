import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { root } from "../targets/local-engine.js";

it("can be required from CommonJS, with the classes that `import` gives", () => {
  const program = `
    const { pipeline, InputError } = require("shapeline");
    const { local } = require("shapeline/local");
    import("shapeline").then((imported) => {
      console.log(typeof pipeline, typeof local, imported.InputError === InputError);
    });`;
  const output = execFileSync(process.execPath, ["--no-warnings", "--input-type=commonjs", "-e", program], {
    cwd: root,
    encoding: "utf8",
  });
  expect(output).toBe("function function true\n");
});
