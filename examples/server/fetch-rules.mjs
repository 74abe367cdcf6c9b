// Keeps Prometheus' rule file equal to the alerts of the deployed pipelines: Prometheus reads rules from files alone.
// Arguments: the server's URL, the file, Prometheus' URL. Asks every ten seconds; `--once` asks once.
import { readFile, rename, writeFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";

const [server, file, prometheus, once] = process.argv.slice(2);
const headers = { authorization: `Bearer ${(await readFile(process.env.TOKEN_FILE, "utf8")).trim()}` };
/** The rules that Prometheus has loaded. */
let loaded = null;

async function update() {
  const answer = await fetch(`${server}/rules`, { headers });
  const rules = await answer.text();
  if (!answer.ok) throw new Error(`/rules answered ${answer.status}: ${rules}`);
  if (rules === loaded) return;
  // A rename, so that Prometheus never reads half a file.
  await writeFile(`${file}.new`, rules);
  await rename(`${file}.new`, file);
  const reload = await fetch(`${prometheus}/-/reload`, { method: "POST" });
  if (!reload.ok) throw new Error(`Prometheus did not load the rules: ${await reload.text()}`);
  loaded = rules;
  console.log("new rules are loaded");
}

for (;;) {
  await update().catch((error) => {
    console.error(`the rules were not updated: ${error.message}`);
    if (once) process.exitCode = 1;
  });
  if (once) break;
  await setTimeout(10_000);
}
