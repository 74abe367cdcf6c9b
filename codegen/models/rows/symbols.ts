/** Names that exporters give to the dimension of the rows, in any case; `N` and `B` in upper case only. */
const conventional =
  /^(?:(?:mini[_ -]?)?batch|(?:mini[_ -]?)?batch[_ -]?(?:size|dim|axis)|(?:n|num)[_ -]?batch|bsz?)$/i;

/** Names of sizes inside a row: of an image, a signal or a text. */
const inside =
  /^(?:h|w|(?:img|image|in|out)?[_ -]?(?:height|width)|(?:num[_ -]?)?(?:time|times|timesteps|time_steps|frames|tokens|channels|words|chars|phonemes)|(?:(?:text|src|tgt|source|target|input|output|encoder|decoder|audio|max)[_ -]?)?(?:seq|sequence|time)?[_ -]?(?:len|length)|seq|sequence|seqlen)$/i;

/**
 * Names that exporters write for a dimension without a name: `?` and `p2o.DynamicDimension.0` (Paddle), `unk__8`
 * (tf2onnx), `None` (Keras), `Addoutput_dim_0` (PyTorch: operator, port and axis).
 */
const unknown = /^(?:|[?*]|-1|none|null|unk_+\d+|(?:\w+\.)?DynamicDimension\.\d+)$/i;
const generated = /^[A-Z]\w*_dim_\d+$/;
/** A formula, as PyTorch writes for a size that follows from others: `floor(height/2 - 1/2) + 1`. */
const formula = /[()*+/^%]|\s-\s/;
const maxLength = 64;

/** Whether a symbol is a usual name of the row axis, such as `batch_size` or `N`. */
export function isConventional(symbol: string): boolean {
  return symbol === "N" || symbol === "B" || conventional.test(symbol);
}

/** Whether a symbol is a usual name of a size inside a row, such as `height` or `seq_len`. */
export function isInsideRow(symbol: string): boolean {
  return inside.test(symbol);
}

/** Whether a name in a file stands for no name. Two such dimensions are unrelated, even if their names are equal. */
export function isUnknown(name: string): boolean {
  return name.length > maxLength || unknown.test(name.trim()) || generated.test(name) || formula.test(name);
}
