import type { RegisterCommand } from "./output/io.js";

interface CommandEntry {
  readonly description: string;
  readonly load: () => Promise<RegisterCommand>;
}

/** Every command, in the order of the help. Its module is loaded when it is called: the list of commands needs none. */
export const commandTable: Readonly<Record<string, CommandEntry>> = {
  init: {
    description: "make a project, or add a pipeline to one: files, packages, and a first inference",
    load: async () => (await import("./commands/init.js")).init,
  },
  generate: {
    description: "write the typings of model files: one interface and one handle per model",
    load: async () => (await import("./commands/generate.js")).generate,
  },
  models: {
    description: "list model files with ports, size, operator sets and digest",
    load: async () => (await import("./commands/models.js")).models,
  },
  compile: {
    description: "compile pipelines to <name>.pipeline.json; without files, every *.pipeline.ts in the project",
    load: async () => (await import("./commands/compile.js")).compile,
  },
  explain: {
    description:
      "show each lambda, its meaning and where it runs, on one screen; show a platform definition as TypeScript",
    load: async () => (await import("./commands/explain.js")).explain,
  },
  plan: {
    description: "show what a deploy would change; exit with 2 if it would change something",
    load: async () => (await import("./commands/plan.js")).plan,
  },
  diff: {
    description: "show what changes from one pipeline to another; exit with 2 if they differ",
    load: async () => (await import("./commands/diff.js")).diff,
  },
  deploy: {
    description: "deploy a pipeline to the embedded engine or a platform",
    load: async () => (await import("./commands/deploy.js")).deploy,
  },
  infer: {
    description: "run rows through a deployed pipeline",
    load: async () => (await import("./commands/infer.js")).infer,
  },
  logs: {
    description: "read a pipeline's log, newest rows first",
    load: async () => (await import("./commands/logs.js")).logs,
  },
  "export-logs": {
    description: "write a pipeline's log to files, newest rows first",
    load: async () => (await import("./commands/export-logs.js")).exportLogs,
  },
  report: {
    description: "compare champion and challengers in the log",
    load: async () => (await import("./commands/report.js")).report,
  },
  serve: {
    description: "serve the deployed pipelines, and model files, over HTTP",
    load: async () => (await import("./commands/serve.js")).serve,
  },
  pipelines: {
    description: "list the pipelines in the data folder",
    load: async () => (await import("./commands/pipelines.js")).pipelines,
  },
  versions: {
    description: "list the versions of a pipeline, newest first",
    load: async () => (await import("./commands/versions.js")).versions,
  },
  status: {
    description: "show the deployed version of a pipeline",
    load: async () => (await import("./commands/status.js")).status,
  },
  undeploy: {
    description: "stop serving a pipeline; keep its versions and its log",
    load: async () => (await import("./commands/undeploy.js")).undeploy,
  },
};
