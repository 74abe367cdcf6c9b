import { ownPackage } from "../../util/own-package.js";
import type { RegisterRoutes } from "../context.js";

/** The server's own metadata, which HTTP and gRPC share. */
export function serverMetadata(): { readonly name: string; readonly version: string; readonly extensions: string[] } {
  return { name: "shapeline", version: ownPackage().version, extensions: ["binary_tensor_data"] };
}

/** Health and metadata of the server. The bodies are JSON: KServe's client reads them. */
export const healthRoutes: RegisterRoutes = (app, { host, isReady }) => {
  const anyone = { config: { role: null } };
  app.get("/v2", { config: { role: "read" } }, () => ({
    ...serverMetadata(),
    models: host.list().map(({ name }) => name),
  }));
  app.get("/v2/health/live", anyone, () => ({ live: true }));
  app.get("/v2/health/ready", anyone, (_, reply) => reply.code(isReady() ? 200 : 503).send({ ready: isReady() }));
};
