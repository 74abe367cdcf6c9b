// Our server in a process of its own. `node own.mjs DATA MODELS DURABILITY BATCH_WINDOW`; prints its URL.
import { createServer } from "shapeline/server";

const [data, models, durability, batchWindow] = process.argv.slice(2);
const server = await createServer({ data, models, durability, batchWindow });
for (const problem of server.problems) console.error(problem);
console.log(await server.listen({ port: 0 }));
process.once("SIGTERM", () => server.close());
