/** The arrows between the rooms: who may import whom. CONTRIBUTING.md draws them. */
const room = (path) => ({ path });

module.exports = {
  forbidden: [
    {
      name: "dsl-imports-nothing",
      severity: "error",
      from: room("^dsl/"),
      to: { pathNot: "^dsl/" },
    },
    {
      name: "expression-stands-on-dsl",
      severity: "error",
      from: room("^src/expression/"),
      to: { pathNot: "^(src/expression|src/tensors/(tensor-data|float16)|src/util|dsl)/?|node_modules/zod" },
    },
    {
      name: "config-stands-on-expression-and-dsl",
      severity: "error",
      from: room("^src/config/"),
      to: { pathNot: "^(src/config|src/expression|src/util|dsl)/|node_modules/zod|^(node:)?crypto$" },
    },
    {
      name: "wallaroo-stands-on-config",
      severity: "error",
      from: room("^src/wallaroo/"),
      to: { pathNot: "^(src/wallaroo|src/config|src/expression|src/util|dsl)/" },
    },
    {
      name: "codegen-knows-no-engine",
      severity: "error",
      from: room("^codegen/"),
      to: { path: "^src/(engine|logs|server|targets|tensors|cli)/" },
    },
    {
      name: "only-codegen-parses-typescript",
      severity: "error",
      from: { path: "^(src|dsl)/" },
      to: { path: "node_modules/(ts-morph|typescript|esbuild)/" },
    },
    {
      name: "run-time-rooms-know-no-target-or-cli",
      severity: "error",
      from: room("^src/(expression|config|tensors|logs|report|engine|util)/"),
      to: { path: "^src/(targets|cli)/|^codegen/" },
    },
    {
      name: "logs-know-no-engine",
      severity: "error",
      from: room("^src/(logs|report|tensors|util)/"),
      to: { path: "^src/engine/" },
    },
    {
      name: "nobody-imports-the-cli",
      severity: "error",
      from: { pathNot: "^src/cli/" },
      to: { path: "^src/cli/" },
    },
    {
      name: "no-cycles",
      severity: "error",
      from: {},
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
