import type { Command } from "commander";
import type { DatasetOptions } from "../../../dsl/deployment.js";
import { parseCommaList } from "./local-target.js";

/** Adds the options that choose columns. */
export function addDatasetOptions(command: Command): Command {
  return command
    .option(
      "--dataset <columns>",
      "only these: in, out, anomaly, out_<model>, metadata, or one column such as out.score",
      parseCommaList,
    )
    .option("--dataset-exclude <columns>", "all but these", parseCommaList)
    .option("--dataset-separator <text>", "flat names, with this between group and name");
}

/** Those of them that were given. */
export function datasetFromFlags({ dataset, datasetExclude, datasetSeparator }: DatasetOptions): DatasetOptions {
  return {
    ...(dataset === undefined ? {} : { dataset }),
    ...(datasetExclude === undefined ? {} : { datasetExclude }),
    ...(datasetSeparator === undefined ? {} : { datasetSeparator }),
  };
}
