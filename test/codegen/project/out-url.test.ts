import { expect, test } from "vitest";
import { compileProject } from "../../../codegen/project/compile-project.js";
import { refusal } from "../../refusal.js";

test("a URL as the folder for the configs is refused", async () => {
  expect(await refusal(compileProject({ out: "s3://bucket/configs" }))).toMatch(
    /^SL6011 compileProject\(\): the option 'out' 's3:\/\/bucket\/configs' is a URL; give the path of a local folder/,
  );
});
