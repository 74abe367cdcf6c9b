import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

// Pipelines in the script blocks of Vue and Svelte components, built by Vite with the plugin of the framework.

const dist = new URL("../../dist/", import.meta.url);

const imports = `import { build, pipeline } from "shapeline";
import { scorer } from "./models.js";
import { LIMIT, Limits } from "./limits.js";`;
const shared = `export const shared = pipeline("shared").model(scorer).validate("low", (x) => x.out.score[0] < LIMIT);`;
const own = `pipeline("own").model(scorer).validate("warm", ({ out }) => {
    const middle = out.parts[1]; // « the second of three »
    return middle <= Limits.upper.warm;
  });`;
/** A pipeline whose lambda is in the markup, and what `build()` says about it. */
const inMarkup = "keep(pipeline('markup').model(scorer).validate('low', (x) => x.out.score[0] < 1))";
const keep = `let kept: Parameters<typeof build>[0];
  const keep = (p: typeof kept) => { kept = p; return p.name; };`;
const shown = `JSON.stringify({
    configs: await Promise.all([shared, own].map((p) => build(p))),
    markup: await build(kept).then(() => "no error", String),
  })`;

const frameworks = {
  vue: {
    plugin: async () => (await import("@vitejs/plugin-vue")).default(),
    files: {
      "App.vue": `<!-- <script>pipeline("none").validate("v", (x) => x.out == 1)</script> -->
<script lang="ts">
${imports}
${shared}
</script>

<script setup lang="ts">
import { onMounted, ref } from "vue";
const props = defineProps<{ title: string }>();
const own = ${own}
${keep}
const text = ref("");
onMounted(async () => { text.value = ${shown}; });
</script>

<template>
  <h1 :id="${inMarkup}">{{ props.title }}: a < b</h1>
  <pre v-if="text">{{ text }}</pre>
</template>

<style scoped>h1 { color: teal; }</style>
`,
      "component.ts": `import { createApp } from "vue";
import App from "./App.vue";
createApp(App, { title: "pipelines" }).mount(document.body);
`,
    },
  },
  svelte: {
    plugin: async () => (await import("@sveltejs/vite-plugin-svelte")).svelte({ configFile: false }),
    files: {
      "App.svelte": `<script module lang="ts">
${imports}
${shared}
</script>

<script lang="ts">
  import { onMount } from "svelte";
  let { title }: { title: string } = $props();
  const own = ${own}
  ${keep}
  let text = $state("");
  onMount(async () => { text = ${shown}; });
</script>

<h1 id={${inMarkup}}>{title}: a &lt; b</h1>
{#if text}<pre>{text}</pre>{/if}

<style>h1 { color: teal; }</style>
`,
      "component.ts": `import { mount } from "svelte";
import App from "./App.svelte";
mount(App, { target: document.body, props: { title: "pipelines" } });
`,
    },
  },
};

/** A config without the texts and places of its lambdas, which are those of the component's file. */
const meaning = (config) =>
  JSON.stringify(config, (key, value) => (key === "source" || key === "location" ? undefined : value));

const refusedMarkup = /SL1053[^]*in a script and not in the template of a component/;
/** Vue's production build makes the template a part of the script, so that its lambdas are compiled. */
const inlinesTemplate = { vue: true, svelte: false };

/** Builds a component and compares what its page has with what the CLI compiles from the same text in a module. */
async function buildComponent(framework, version, { work, app, out, options, page }) {
  const root = join(work, `${framework}-${version}`);
  cpSync(app, root, { recursive: true });
  const { files, plugin } = frameworks[framework];
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, "src", name), text);
  const module = `${imports}\n${shared}\nexport const own = ${own}\nexport const unused = build;\n`;
  writeFileSync(join(root, "src", "same.pipeline.ts"), module);
  const compiled = join(root, "compiled");
  execFileSync(
    process.execPath,
    [fileURLToPath(new URL("cli.js", dist)), "compile", "src/same.pipeline.ts", "--out", compiled],
    { cwd: root },
  );
  const expected = readdirSync(compiled).map((file) => JSON.parse(readFileSync(join(compiled, file), "utf8")));

  const { default: shapeline } = await import(new URL("vite.js", dist).href);
  const { build } = await import(version);
  mkdirSync(out, { recursive: true });
  await build({
    root,
    configFile: false,
    logLevel: "error",
    plugins: [shapeline({ ...options, root }), await plugin()],
    build: {
      outDir: out,
      emptyOutDir: true,
      target: "es2022",
      modulePreload: false,
      rollupOptions: { input: join(root, "src/component.ts"), output: { entryFileNames: "main.js" } },
    },
  });
  const { configs: found, markup } = JSON.parse(await page(out));
  if (found.length !== expected.length) throw new Error(`${found.length} configs instead of ${expected.length}`);
  for (const config of expected) {
    const other = found.find(({ name }) => name === config.name);
    if (meaning(other) !== meaning(config))
      throw new Error(`'${config.name}' differs:\n${meaning(other)}\n${meaning(config)}`);
    const [ours, theirs] = [other, config].map(({ steps }) => steps.map(({ source }) => source).join());
    if (ours !== theirs) throw new Error(`'${config.name}' has the text ${ours} instead of ${theirs}`);
  }
  const isExpected = inlinesTemplate[framework] ? markup === "no error" : refusedMarkup.test(markup);
  if (!isExpected) throw new Error(`a lambda in the markup: ${markup}`);
  const dev = await compiledByDevServer(framework, version, root, options);
  if (dev !== expected.length) throw new Error(`the dev server compiles ${dev} lambdas, not those of the script alone`);
  return `${found.length} configs in Chromium mean what the CLI compiles`;
}

/** How many lambdas of the component the dev server compiles. */
async function compiledByDevServer(framework, version, root, options) {
  const { default: shapeline } = await import(new URL("vite.js", dist).href);
  const { createServer } = await import(version);
  const server = await createServer({
    root,
    configFile: false,
    logLevel: "silent",
    server: { middlewareMode: true, ws: false },
    optimizeDeps: { noDiscovery: true },
    plugins: [shapeline({ ...options, root }), await frameworks[framework].plugin()],
  });
  try {
    const component = Object.keys(frameworks[framework].files)[0];
    const { code } = await server.transformRequest(`/src/${component}`);
    return code.split('Symbol.for("shapeline.lambda")').length - 1;
  } finally {
    await server.close();
  }
}

export const components = Object.keys(frameworks).flatMap((framework) =>
  ["vite", "vite-before"].map((version) => ({
    name: `${framework} component, ${version === "vite" ? "vite 8" : "vite 7"}`,
    run: (job) => buildComponent(framework, version, job),
  })),
);
