import { connect } from "node:net";
import { join, relative } from "node:path";

/** A request to the process that owns a data folder, sent as JSON: dates are milliseconds, row ids are strings. */
export interface OwnerRequest {
  readonly protocol: typeof protocolVersion;
  readonly method: "owner" | "versions" | "pipelines" | "layouts" | "readLog" | "compare";
  readonly pipeline: string;
  readonly query: {
    readonly limit?: number;
    readonly start?: number;
    readonly end?: number;
    readonly valid?: boolean;
    readonly bytes?: number;
    readonly metadata?: boolean;
    readonly after?: { readonly time: number; readonly row: string };
  };
}

/** The response, serialized with `v8.serialize`. */
export type OwnerResponse =
  | { readonly result: unknown }
  | { readonly error: { readonly code: string; readonly message: string; readonly details: object } };

export const protocolVersion = 1;
/** Operating systems limit the length of a socket's path; 103 bytes fit on all of them. */
const maxPathBytes = 103;

/** The path of the owner's socket, relative to the working directory if that is shorter; null if both are too long. */
export function socketPath(folder: string): string | null {
  if (process.platform === "win32") return `\\\\.\\pipe\\shapeline${folder.replaceAll(/[\\/:]/g, "-").toLowerCase()}`;
  const path = join(folder, "shapeline.sock");
  return [path, relative(process.cwd(), path)].find((each) => Buffer.byteLength(each) <= maxPathBytes) ?? null;
}

/**
 * Sends one request and returns the bytes of its response.
 *
 * @param timeout milliseconds without data after which the request is given up
 * @returns "timeout" if the owner sent nothing in time, "closed" if no process listens on the path
 */
export function sendRequest(
  path: string,
  request: OwnerRequest,
  timeout: number,
): Promise<Buffer | "timeout" | "closed"> {
  return new Promise((resolve) => {
    const socket = connect({ path, allowHalfOpen: true });
    const parts: Buffer[] = [];
    const finish = (response: Buffer | "timeout" | "closed") => {
      socket.destroy();
      resolve(response);
    };
    socket.setTimeout(timeout, () => finish("timeout"));
    socket.on("error", () => finish("closed"));
    socket.on("data", (part) => parts.push(part));
    socket.on("end", () => finish(Buffer.concat(parts)));
    socket.on("close", () => resolve("closed"));
    socket.end(JSON.stringify(request));
  });
}
