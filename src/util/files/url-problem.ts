import { fileURLToPath } from "node:url";

/**
 * A URL, or one that `path.join` has shortened to `s3:/bucket`. One letter before the colon is a Windows drive, and a
 * colon later in a path belongs to a name.
 */
const urlStart = /^\s*(?:[a-z][a-z\d+.-]+:[/\\]|file:)/i;

/**
 * Says why a path cannot be used because it is a URL, and what to do; null for a path of the local file system. Without
 * this check, `path.resolve("s3://bucket")` is a new folder named `s3:` in the working folder.
 *
 * @example
 * urlProblem("s3://bucket/logs");
 * // "is a URL; give the path of a local folder or file, and copy to or from 's3:' with its own tools; …"
 */
export function urlProblem(path: unknown): string | null {
  if (path instanceof URL)
    return fileUrlProblem(path.href, "a URL object") ?? remoteProblem(path.protocol, "a URL object");
  if (typeof path !== "string" || !urlStart.test(path)) return null;
  const scheme = path.trim().slice(0, path.trim().indexOf(":") + 1);
  return fileUrlProblem(path.trim(), "a URL") ?? remoteProblem(scheme, "a URL");
}

function remoteProblem(scheme: string, what: string): string {
  return `is ${what}; give the path of a local folder or file, and copy to or from '${scheme}' with its own tools; write './${scheme}…' for a folder of that name`;
}

function fileUrlProblem(url: string, what: string): string | null {
  if (!/^file:/i.test(url)) return null;
  let path = "";
  try {
    path = `: '${fileURLToPath(url)}'`;
  } catch {
    // The URL names another host, or is not complete.
  }
  return `is ${what}; give a path${path}; in code, fileURLToPath(url) of node:url returns it`;
}
