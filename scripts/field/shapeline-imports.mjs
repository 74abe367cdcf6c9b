/** An esbuild plugin: a bundle outside this package imports the `shapeline` that is built here. */
export const shapelineImports = {
  name: "shapeline-imports",
  setup: ({ onResolve }) =>
    onResolve({ filter: /^shapeline(\/|$)/ }, ({ path }) => ({ path: import.meta.resolve(path), external: true })),
};
