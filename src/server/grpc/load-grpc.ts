import { fileURLToPath } from "node:url";
import type * as Grpc from "@grpc/grpc-js";
import type * as ProtoLoader from "@grpc/proto-loader";
import { TargetError } from "../../../dsl/errors.js";
import { requirePackage } from "../../util/process/require-package.js";

export interface LoadedGrpc {
  readonly grpc: typeof Grpc;
  /** `inference.GRPCInferenceService` of grpc_predict_v2.proto. */
  readonly service: ProtoLoader.ServiceDefinition;
}

/**
 * Loads the packages of gRPC, and the protocol's definition.
 *
 * @throws TargetError SL6000 if they are not installed
 */
export function loadGrpc(): LoadedGrpc {
  const grpc = load("@grpc/grpc-js") as typeof Grpc;
  const { loadSync } = load("@grpc/proto-loader") as typeof ProtoLoader;
  const definition = loadSync(fileURLToPath(new URL("./grpc_predict_v2.proto", import.meta.url)), {
    keepCase: true,
    longs: String,
    defaults: true,
    oneofs: true,
  });
  return { grpc, service: definition["inference.GRPCInferenceService"] as ProtoLoader.ServiceDefinition };
}

function load(name: string): unknown {
  try {
    return requirePackage(name);
  } catch (cause) {
    throw new TargetError(
      "SL6000",
      `gRPC needs the package '${name}'; install it with \`npm install @grpc/grpc-js @grpc/proto-loader\``,
      {},
      { cause },
    );
  }
}
