import { fileURLToPath } from "node:url";
import {
  Client,
  credentials,
  Metadata,
  type ServiceError,
  type CallOptions,
  type ChannelCredentials,
} from "@grpc/grpc-js";
import { loadSync, type ServiceDefinition } from "@grpc/proto-loader";
import { onTestFinished } from "vitest";

const proto = fileURLToPath(new URL("../../../src/server/grpc/grpc_predict_v2.proto", import.meta.url));
const options = { keepCase: true, longs: String, defaults: true, oneofs: true };
const service = loadSync(proto, options)["inference.GRPCInferenceService"] as ServiceDefinition;

/** How a call ended: its answer, or its status. */
export type Outcome<Answer> =
  | { readonly answer: Answer; readonly code?: undefined; readonly details?: undefined }
  | { readonly answer?: undefined; readonly code: number; readonly details: string };

export interface Called<Answer> {
  readonly outcome: Promise<Outcome<Answer>>;
  readonly cancel: () => void;
}

/** A client of `inference.GRPCInferenceService` at an address. */
export function grpcClient(address: string, security: ChannelCredentials = credentials.createInsecure()) {
  const client = new Client(address, security, {
    "grpc.max_receive_message_length": -1,
    // Every test has its own server; a shared connection would be one to another.
    "grpc.use_local_subchannel_pool": 1,
  });
  onTestFinished(() => client.close());
  const start = <Answer>(
    method: string,
    request: object,
    { token, ...call }: CallOptions & { readonly token?: string } = {},
  ): Called<Answer> => {
    const definition = service[method];
    if (definition === undefined) throw new TypeError(`no method ${method}`);
    const metadata = new Metadata();
    if (token !== undefined) metadata.set("authorization", `Bearer ${token}`);
    let cancel = (): void => undefined;
    const outcome = new Promise<Outcome<Answer>>((resolve) => {
      const running = client.makeUnaryRequest<object, object>(
        definition.path,
        (message) => definition.requestSerialize(message),
        (bytes) => definition.responseDeserialize(bytes),
        request,
        metadata,
        call,
        (error: ServiceError | null, answer) => {
          if (error === null) resolve({ answer: answer as Answer });
          else resolve({ code: error.code, details: error.details });
        },
      );
      cancel = () => running.cancel();
    });
    return { outcome, cancel };
  };
  const call = <Answer>(
    method: string,
    request: object,
    more?: Parameters<typeof start>[2],
  ): Promise<Outcome<Answer>> => start<Answer>(method, request, more).outcome;
  return { start, call };
}

/** The message `ModelInferResponse` as a client decodes it. */
export interface InferResponse {
  readonly model_name: string;
  readonly model_version: string;
  readonly id: string;
  readonly outputs: readonly {
    readonly name: string;
    readonly datatype: string;
    readonly shape: readonly string[];
    readonly contents: Readonly<Record<string, readonly unknown[]>> | null;
  }[];
  readonly raw_output_contents: readonly Buffer[];
}
