/** Which room may import which, type imports included. CONTRIBUTING.md draws it. */
const allowed = {
  dsl: [],
  "src/util": ["dsl"],
  "src/tensors": ["dsl", "src/util"],
  "src/expression": ["dsl", "src/util", "src/tensors"],
  "src/config": ["dsl", "src/util", "src/expression"],
  "src/wallaroo": ["dsl", "src/util", "src/expression", "src/config"],
  codegen: ["dsl", "src/util", "src/tensors/arrow", "src/expression", "src/config"],
  "src/logs": ["dsl", "src/util", "src/tensors"],
  "src/files": ["dsl", "src/util", "src/tensors", "src/logs"],
  "src/report": ["src/logs"],
  // What the server's own API and its client share.
  "src/api": ["dsl", "src/util", "src/tensors"],
  "src/engine": ["dsl", "src/util", "src/tensors", "src/expression", "src/config"],
  "src/schema": ["dsl", "src/util", "src/engine"],
  "src/testing": ["dsl", "src/util", "src/tensors", "src/expression", "src/config", "src/engine", "src/build.ts"],
  // Runs in browsers: scripts/build.mjs bundles it for a platform without modules of Node and packages.
  "src/client": [
    "dsl",
    "src/util",
    "src/tensors",
    "src/config",
    "src/engine",
    "src/api",
    "src/build.ts",
    // Types only.
    "src/logs/comparison.ts",
    "src/targets/local/public-types.ts",
  ],
  // `src/build.ts` and `src/read-models.ts` are the only ways from the run time to codegen; they load it when called.
  "src/targets": [
    "dsl",
    "src/util",
    "src/tensors",
    "src/expression",
    "src/config",
    "src/logs",
    "src/engine",
    "src/files",
    "src/build.ts",
    "src/diff.ts",
    // What wallaroo() stands on.
    "src/wallaroo",
    "src/client/http",
    "src/client/server/refuse-other.ts",
    "src/client/server/config-of.ts",
  ],
  "src/server": [
    "src/wallaroo",
    "dsl",
    "src/util",
    "src/tensors",
    "src/expression",
    "src/config",
    "src/logs",
    "src/engine",
    "src/schema",
    "src/files",
    "src/targets",
    "src/api",
    "src/read-models.ts",
  ],
  "src/cli": ["dsl", "codegen", "src"],
};

const paths = (list) => `^(${list.map((path) => path.replaceAll(".", "\\.")).join("|")})(/|$)`;

module.exports = {
  forbidden: [
    ...Object.entries(allowed).map(([room, others]) => ({
      name: `imports-of-${room.replace("/", "-")}`,
      severity: "error",
      from: { path: `^${room}/` },
      to: { path: "^(dsl|codegen|src)/", pathNot: paths([room, ...others]) },
    })),
    {
      name: "rooms-are-listed",
      comment: "A new room gets a line in `allowed`.",
      severity: "error",
      from: { path: "^src/[^/]+/", pathNot: `${paths(Object.keys(allowed))}|^src/entries/` },
      to: {},
    },
    {
      name: "dsl-has-no-dependency",
      severity: "error",
      from: { path: "^dsl/" },
      to: { pathNot: "^dsl/" },
    },
    {
      name: "expression-and-config-need-zod-only",
      severity: "error",
      from: { path: "^src/(expression|config|wallaroo)/" },
      to: { path: "node_modules/", pathNot: "node_modules/zod/" },
    },
    {
      name: "only-codegen-parses-typescript",
      severity: "error",
      from: { path: "^(src|dsl)/" },
      to: { path: "node_modules/(ts-morph|typescript|esbuild)/" },
    },
    {
      name: "no-cycles",
      comment: "Type imports included, except inside dsl.",
      severity: "error",
      from: { pathNot: "^dsl/" },
      to: { circular: true },
    },
    {
      name: "no-run-time-cycles-in-dsl",
      comment: "The types of steps and pipelines refer to one another; values must not.",
      severity: "error",
      from: { path: "^dsl/" },
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default"] },
  },
};
