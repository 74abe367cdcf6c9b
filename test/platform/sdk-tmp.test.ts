import { it } from "vitest";
import { fromPlatform, stringifyPlatform, toPlatform } from "shapeline/config";
import { known, sdkCases, versions } from "./sdk.js";

it.each(versions)("tmp %s", (version) => {
  const lines: string[] = []; let ok = 0, refused = 0, bad = 0, err = 0;
  for (const c of sdkCases(version)) {
    if (c.text === undefined) { err++; continue; }
    const { config, problems, form } = fromPlatform(c.text, { models: known });
    if (problems.length > 0 || config === null) { refused++; lines.push(`REFUSED ${c.name}\n      ${problems.map((p) => `${p.code} ${p.path}: ${p.message}`).join("\n      ")}`); continue; }
    try {
    const text = stringifyPlatform(toPlatform(config, form));
    if (text === c.text) { ok++; lines.push(`OK ${c.name}   ${config.steps.filter((s) => s.kind === "validation").map((s) => s.source).join(" ; ")}`); } else { bad++; lines.push(`DIFF ${c.name}\n   ${c.text}\n   ${text}`); }
    } catch (e) { bad++; lines.push(`THREW ${c.name} ${(e as Error).message}`); }
  }
  console.log(lines.join("\n"));
  console.log(version, { ok, refused, bad, err });
});
