const words: Readonly<Record<string, string>> = {
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

/** What the operating system says of a failed file operation, in words. */
export function systemReason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return words[code ?? ""] ?? (error instanceof Error ? error.message : String(error));
}
