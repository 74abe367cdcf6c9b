// Every route of the server with every token: who may call what.
import { createServer } from "shapeline/server";
import { expect, onTestFinished, test } from "vitest";
import { folder } from "../engine/make-config.js";

const tokens = {
  none: undefined,
  wrong: "wrong-0123456789abcdef",
  read: "read-0123456789abcdef",
  infer: "infer-0123456789abcdef",
  admin: "admin-0123456789abcdef",
};
type Caller = keyof typeof tokens;

/** Who may call a route; everybody else gets 401 without a valid token, and 403 with one. */
function callers(method: string, path: string): readonly Caller[] {
  if (path.startsWith("/v2/health/")) return ["none", "wrong", "read", "infer", "admin"];
  if (method === "GET") return ["read", "infer", "admin"];
  return /\/infer(-file)?$/.test(path) ? ["infer", "admin"] : ["admin"];
}

test("a route takes its role and higher ones, and no other token", async () => {
  const server = await createServer({
    data: folder(),
    models: "none",
    token: (["read", "infer", "admin"] as const).map((role) => ({ role, token: tokens[role] })),
  });
  onTestFinished(() => server.close());
  const url = await server.listen({ port: 0 });
  const call = (method: string, path: string, token: string | undefined): Promise<Response> =>
    fetch(`${url}${path}`, { method, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });

  const document = (await (await call("GET", "/openapi.json", tokens.read)).json()) as {
    paths: Record<string, Record<string, unknown>>;
  };
  const listed = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => [method.toUpperCase(), path.replace("{name}", "fraud")] as const),
  );
  // The document names the models that are served; there is none.
  const routes = [
    ...listed,
    ["GET", "/v2/models/m"],
    ["GET", "/v2/models/m/ready"],
    ["POST", "/v2/models/m/infer"],
  ] as const;
  expect(routes.length).toBeGreaterThan(20);
  for (const [method, path] of routes) {
    const allowed = callers(method, path);
    for (const [caller, token] of Object.entries(tokens) as [Caller, string | undefined][]) {
      const answer = await call(method, path, token);
      await answer.body?.cancel();
      const refused = answer.status === 401 || answer.status === 403 ? answer.status : null;
      const expected = allowed.includes(caller) ? null : caller === "none" || caller === "wrong" ? 401 : 403;
      expect(refused, `${method} ${path} with ${caller}`).toBe(expected);
    }
  }
});
