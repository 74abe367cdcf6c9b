import type { Command } from "commander";
import type { DatasetOptions } from "../../dsl/deployment.js";
import { commaList } from "./target-options.js";

/** Adds the options that choose columns. */
export function withDataset(command: Command): Command {
  return command
    .option(
      "--dataset <columns>",
      "only these: in, out, anomaly, out_<model>, metadata, or one column such as out.score",
      commaList,
    )
    .option("--dataset-exclude <columns>", "all but these", commaList)
    .option("--dataset-separator <text>", "flat names, with this between group and name");
}

/** Those of them that were given. */
export function datasetOf({ dataset, datasetExclude, datasetSeparator }: DatasetOptions): DatasetOptions {
  return {
    ...(dataset === undefined ? {} : { dataset }),
    ...(datasetExclude === undefined ? {} : { datasetExclude }),
    ...(datasetSeparator === undefined ? {} : { datasetSeparator }),
  };
}
