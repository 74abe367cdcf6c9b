/** The message of anything that was thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The first line of another library's error, without its final period, to quote inside one of our messages. */
export function errorSummary(error: unknown): string {
  return (errorMessage(error).split("\n", 1)[0] ?? "").trim().replace(/\.$/, "") || "no reason given";
}

const systemMessages: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EACCES: "no permission",
  EPERM: "no permission",
  EROFS: "the file system is read-only",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is a file, not a folder",
  EEXIST: "a part of the path is a file, not a folder",
  ENOSPC: "the disk is full",
  EMFILE: "too many files are open",
  ELOOP: "links lead in a circle",
  ENAMETOOLONG: "a name in the path is too long",
};

/** The cause of a failed file operation in words, by its system error code. */
export function systemErrorMessage(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return systemMessages[code ?? ""] ?? errorMessage(error);
}
