// What the snippets use without declaring it, where they are run. The test runs a copy, as deep in the repository as
// this file, in a folder with the models and the rows.
import { readFileSync } from "node:fs";
import { Table } from "apache-arrow";
import type { InferInput } from "shapeline";
import { local } from "shapeline/local";
import { fraud } from "../../examples/fraud/fraud.pipeline.js";

export const rows = JSON.parse(readFileSync("rows.json", "utf8")) as InferInput<typeof fraud>[];
export const pixels = new Float32Array(64);
export const live = await fraud.deploy(local({ models: "./models" }));
const logged = await live.logs({ arrow: true });
export const arrowTable = new Table({ pixels: logged.getChild("in.pixels")! });
