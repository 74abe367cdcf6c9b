// Runs in Bun: `bun bun-build.mjs <plugin> <job in JSON>`.
const [plugin, text] = process.argv.slice(2);
const { entry, out, options } = JSON.parse(text);
const { default: shapeline } = await import(plugin);
const { success, logs } = await Bun.build({
  entrypoints: [entry],
  outdir: out,
  target: "browser",
  format: "esm",
  splitting: true,
  minify: true,
  sourcemap: "linked",
  plugins: [shapeline(options)],
});
if (!success) throw new AggregateError(logs);
