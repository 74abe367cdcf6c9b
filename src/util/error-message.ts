/** The message of anything that was thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What a promise is rejected with: the error, or one that has the thrown value as its message. */
export function asError(error: unknown): Error {
  return error instanceof Error ? error : new TypeError(String(error));
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

/** Whether a file operation failed for its path or the state of the system. Other errors are faults in our own code. */
export function isSystemError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // A path with the character NUL is refused before any system call.
  return "syscall" in error || (error as NodeJS.ErrnoException).code === "ERR_INVALID_ARG_VALUE";
}

/** Whether an error is a fault in our own code, which must not be reported as a problem of the storage. */
export function isProgramFault(error: unknown): error is Error {
  return error instanceof ReferenceError || (error instanceof TypeError && !isSystemError(error));
}
