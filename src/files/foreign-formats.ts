// Files that are often given as rows and are not taken: how each is recognized, and a command that converts it.

/** A format that is not taken. */
export interface ForeignFormat {
  /** `an Excel workbook` */
  readonly words: string;
  /** What to do, for a file `file` whose rows are to be `input`. */
  readonly advice: (file: string, input: string) => string;
}

interface Recognized extends ForeignFormat {
  readonly matches: (head: Uint8Array, extension: string) => boolean;
}

const latin1 = (head: Uint8Array, from: number, to: number): string =>
  Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString("latin1", from, to);
const startsWith =
  (magic: string, at = 0) =>
  (head: Uint8Array): boolean =>
    latin1(head, at, at + magic.length) === magic;
const hasExtension =
  (...extensions: readonly string[]) =>
  (_head: Uint8Array, extension: string): boolean =>
    extensions.includes(extension);
const isZip = startsWith("PK\u0003\u0004");

/** Quotes a text for a POSIX shell. */
function shellQuoted(text: string): string {
  return /^[\w./:-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

const convert = (command: string): string => `convert it, for example with: ${command}`;
/** A Python program with the file and the input as its arguments `a[1]` and `a[2]`. */
const python =
  (program: string) =>
  (file: string, input: string): string =>
    convert(
      `python -c "import pandas as pd; from sys import argv as a; ${program}" ${shellQuoted(file)} ${shellQuoted(input)}`,
    );
const pandas = (read: string) => python(`pd.${read}.to_parquet('rows.parquet')`);
const duckdb =
  (read: string) =>
  (file: string): string =>
    convert(
      `duckdb -c ${shellQuoted(`COPY (FROM ${read.replace("$", `'${file.replaceAll("'", "''")}'`)}) TO 'rows.parquet'`)}`,
    );
const unpackWith =
  (command: string) =>
  (file: string): string =>
    `unpack it first, for example with: ${command} ${shellQuoted(file)}`;
const toUtf8 =
  (encoding: string) =>
  (file: string): string =>
    convert(`iconv -f ${encoding} -t UTF-8 ${shellQuoted(file)} > rows-utf8${/\.\w+$/.exec(file)?.[0] ?? ".csv"}`);
const asInput =
  (what: string) =>
  (_file: string, input: string): string =>
    `decode ${what} to numbers and send these as the input '${input}', with infer() or in an Arrow file`;

const formats: readonly Recognized[] = [
  {
    words: "Feather version 1",
    matches: startsWith("FEA1"),
    advice: python("import pyarrow.feather as f; f.write_feather(f.read_table(a[1]), 'rows.arrow')"),
  },
  {
    words: "an encrypted Parquet file",
    matches: startsWith("PARE"),
    advice: () => "write it without encryption",
  },
  {
    words: "a NumPy array",
    matches: startsWith("\u0093NUMPY"),
    advice: python("import numpy as np; pd.DataFrame({a[2]: list(np.load(a[1]))}).to_parquet('rows.parquet')"),
  },
  {
    words: "an Excel workbook",
    matches: (head, extension) =>
      (isZip(head) && /^\.xls[xmb]$/.test(extension)) || startsWith("\u00d0\u00cf\u0011\u00e0")(head),
    advice: pandas("read_excel(a[1])"),
  },
  {
    words: "an archive of NumPy arrays",
    matches: (head, extension) => isZip(head) && extension === ".npz",
    advice: python(
      "import numpy as np; pd.DataFrame({k: list(v) for k, v in np.load(a[1]).items()}).to_parquet('rows.parquet')",
    ),
  },
  { words: "a ZIP archive", matches: isZip, advice: unpackWith("unzip") },
  { words: "a tar archive", matches: startsWith("ustar", 257), advice: unpackWith("tar -xf") },
  { words: "bzip2 data", matches: startsWith("BZh"), advice: unpackWith("bunzip2") },
  { words: "xz data", matches: startsWith("\u00fd7zXZ"), advice: unpackWith("unxz") },
  { words: "an LZ4 file", matches: startsWith("\u0004\u0022\u004d\u0018"), advice: unpackWith("unlz4") },
  { words: "a 7z archive", matches: startsWith("7z\u00bc\u00af"), advice: unpackWith("7z x") },
  { words: "a snappy file", matches: startsWith("\u00ff\u0006\u0000\u0000sNaPpY"), advice: unpackWith("snzip -d") },
  { words: "an ORC file", matches: startsWith("ORC"), advice: pandas("read_orc(a[1])") },
  { words: "an Avro file", matches: startsWith("Obj\u0001"), advice: duckdb("read_avro($)") },
  {
    words: "a SQLite database",
    matches: startsWith("SQLite format 3\u0000"),
    advice: (file) =>
      convert(`duckdb ${shellQuoted(file)} -c "COPY (FROM mytable) TO 'rows.parquet'" (with the table's name)`),
  },
  {
    words: "a DuckDB database",
    matches: startsWith("DUCK", 8),
    advice: (file) =>
      convert(`duckdb ${shellQuoted(file)} -c "COPY (FROM mytable) TO 'rows.parquet'" (with the table's name)`),
  },
  {
    words: "an HDF5 file",
    matches: startsWith("\u0089HDF\r\n\u001a\n"),
    advice: pandas("read_hdf(a[1])"),
  },
  {
    words: "a MATLAB file",
    matches: startsWith("MATLAB 5.0 MAT-file"),
    advice: python(
      "from scipy.io import loadmat; pd.DataFrame({a[2]: list(loadmat(a[1])[a[2]])}).to_parquet('rows.parquet')",
    ),
  },
  {
    words: "a Python pickle",
    // Protocols 2 to 5.
    matches: (head, extension) =>
      (head[0] === 0x80 && (head[1] ?? 0) >= 2 && (head[1] ?? 0) <= 5) || /^\.(pkl|pickle|joblib)$/.test(extension),
    advice: pandas("read_pickle(a[1])"),
  },
  { words: "an R data file", matches: startsWith("RDX"), advice: () => "write it with arrow::write_feather() in R" },
  { words: "a SAS file", matches: hasExtension(".sas7bdat", ".xpt"), advice: pandas("read_sas(a[1])") },
  { words: "a Stata file", matches: hasExtension(".dta"), advice: pandas("read_stata(a[1])") },
  { words: "a PNG image", matches: startsWith("\u0089PNG"), advice: asInput("the image") },
  { words: "a JPEG image", matches: startsWith("\u00ff\u00d8\u00ff"), advice: asInput("the image") },
  { words: "a GIF image", matches: startsWith("GIF8"), advice: asInput("the image") },
  { words: "a WebP image", matches: startsWith("WEBP", 8), advice: asInput("the image") },
  { words: "a WAV recording", matches: startsWith("WAVE", 8), advice: asInput("the samples") },
  { words: "an MP3 recording", matches: startsWith("ID3"), advice: asInput("the samples") },
  { words: "an Ogg recording", matches: startsWith("OggS"), advice: asInput("the samples") },
  { words: "a FLAC recording", matches: startsWith("fLaC"), advice: asInput("the samples") },
  { words: "a PDF document", matches: startsWith("%PDF"), advice: () => "write its table as CSV" },
  {
    words: "an ONNX model",
    matches: (head, extension) => extension === ".onnx" && head[0] === 0x08,
    advice: () => "models are given to `shapeline deploy --models`; give the rows here",
  },
  {
    words: "a pointer of Git LFS",
    matches: startsWith("version https://git-lfs"),
    advice: () => "fetch the file itself with: git lfs pull",
  },
  {
    words: "a YAML file",
    matches: hasExtension(".yaml", ".yml"),
    advice: python("import yaml, json; json.dump(yaml.safe_load(open(a[1])), open('rows.json', 'w'))"),
  },
  {
    words: "an XML or HTML file",
    matches: (head) => /^\s*<[?!a-z]/i.test(latin1(head, 0, 64)),
    advice: pandas("read_xml(a[1])"),
  },
  {
    words: "UTF-16 text",
    matches: (head) => startsWith("\u00ff\u00fe")(head) || startsWith("\u00fe\u00ff")(head),
    advice: toUtf8("UTF-16"),
  },
  {
    words: "UTF-16 text",
    // Without a byte order mark: every other byte of `[{"x"` is 0. No format that is taken starts so.
    matches: (head) => /^(?:[\t-~]\0){4}/.test(latin1(head, 0, 8)),
    advice: toUtf8("UTF-16LE"),
  },
];

/** The format of a file by its first bytes, or by its extension where they say nothing; null if unknown. */
export function foreignFormat(head: Uint8Array, extension: string): ForeignFormat | null {
  return formats.find(({ matches }) => matches(head, extension)) ?? null;
}
