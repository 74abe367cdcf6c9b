/** The start of all paths. */
export const apiRoot = "/api/v1";

export const arrowStream = "application/vnd.apache.arrow.stream";
export const jsonLines = "application/x-ndjson";
export const tarArchive = "application/x-tar";
export const eventStream = "text/event-stream";

/** The path of a pipeline's part, such as `/api/v1/pipelines/fraud/infer`. */
export function pipelinePath(name: string, part = ""): string {
  return `${apiRoot}/pipelines/${encodeURIComponent(name)}${part === "" ? "" : `/${part}`}`;
}
