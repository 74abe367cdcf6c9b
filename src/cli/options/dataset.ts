import type { Command } from "commander";
import type { DatasetOptions } from "../../../dsl/deployment.js";
import { parseCommaList } from "./parse-values.js";

/** Adds the options that select columns. */
export function addDatasetOptions(command: Command): Command {
  return command
    .option(
      "--dataset <columns>",
      "only these groups or columns: in, out, anomaly, out_<model>, metadata, or a column such as out.score",
      parseCommaList,
    )
    .option("--dataset-exclude <columns>", "all except these groups or columns", parseCommaList)
    .option("--dataset-separator <text>", "flat column names, with this text between group and name");
}

/** The dataset options that were set on the command line. */
export function datasetFromFlags({ dataset, datasetExclude, datasetSeparator }: DatasetOptions): DatasetOptions {
  return {
    ...(dataset === undefined ? {} : { dataset }),
    ...(datasetExclude === undefined ? {} : { datasetExclude }),
    ...(datasetSeparator === undefined ? {} : { datasetSeparator }),
  };
}
