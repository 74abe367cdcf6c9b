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
const configs = "JSON.stringify(await Promise.all([shared, own].map((p) => build(p))))";

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
const text = ref("");
onMounted(async () => { text.value = ${configs}; });
</script>

<template>
  <h1>{{ props.title }}: a < b</h1>
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
  let text = $state("");
  onMount(async () => { text = ${configs}; });
</script>

<h1>{title}: a &lt; b</h1>
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
  const found = JSON.parse(await page(out));
  if (found.length !== expected.length) throw new Error(`${found.length} configs instead of ${expected.length}`);
  for (const config of expected) {
    const other = found.find(({ name }) => name === config.name);
    if (meaning(other) !== meaning(config))
      throw new Error(`'${config.name}' differs:\n${meaning(other)}\n${meaning(config)}`);
    const [ours, theirs] = [other, config].map(({ steps }) => steps.map(({ source }) => source).join());
    if (ours !== theirs) throw new Error(`'${config.name}' has the text ${ours} instead of ${theirs}`);
  }
  return `${found.length} configs in Chromium mean what the CLI compiles`;
}

export const components = Object.keys(frameworks).flatMap((framework) =>
  ["vite", "vite-before"].map((version) => ({
    name: `${framework} component, ${version === "vite" ? "vite 8" : "vite 7"}`,
    run: (job) => buildComponent(framework, version, job),
  })),
);
