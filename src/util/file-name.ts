/** Whether a source is a metadata URL rather than a path. */
export function isUrl(source: string): boolean {
  return /^https?:\/\//i.test(source);
}

/** A file's name without folders; a URL's also without its query, which may hold a key. */
export function fileName(file: string): string {
  const path = isUrl(file) ? file.replace(/[?#].*$/s, "") : file;
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}

/** A file's name without folders and extension. */
export function baseName(file: string): string {
  const name = fileName(file);
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(0, dot) : name;
}
