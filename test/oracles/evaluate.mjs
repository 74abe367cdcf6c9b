// Evaluates polars expressions over Arrow files: a JSON array of { table: base64, texts: [] } in, a JSON array of arrays out.
// A text's answer is its column as an array of booleans, numbers, text or null, or { error }.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const polars = createRequire(import.meta.url)(process.argv[2]);
const jobs = JSON.parse(readFileSync(0, "utf8"));

const answers = jobs.map(({ table, texts }) => {
  const frame = polars.readIPC(Buffer.from(table, "base64"));
  return texts.map((text) => {
    try {
      const column = frame.select(polars.Expr.deserialize(Buffer.from(text), "json"));
      return Array.from(column.getColumns()[0].toArray(), (value) =>
        typeof value === "boolean" || value === null ? value : String(value),
      );
    } catch (error) {
      return { error: String(error?.message ?? error) };
    }
  });
});
process.stdout.write(JSON.stringify(answers));
