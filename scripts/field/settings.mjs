// Settings of models: the way out where a model cannot be used without any, and other decisions that must answer right.

/**
 * The line of settings that makes a model usable. The error without settings must contain `named`.
 *
 * @type {{ model: RegExp, settings: object, named: string }[]}
 */
export const mends = [
  { model: /aecmos/, settings: { rows: false }, named: "rows: false" },
  {
    model: /ddddocr\/.*common(_old)?\.onnx$/,
    settings: { shapes: { 387: [null, "batch", 8210] } },
    named: 'shapes: { "387": [null,"batch",8210] }',
  },
];

/**
 * Decisions other than the one `generate` takes by itself; they are rows of the table of their own.
 *
 * @type {{ model: RegExp, settings: object }[]}
 */
export const variants = [
  {
    model: /^silero-vad\/.*silero_vad\.onnx$|silero_vad_v5/,
    settings: { rows: { input: 0, state: 1, output: 0, stateN: 1 } },
  },
  { model: /^openwakeword\/.*melspectrogram/, settings: { rows: { input: 0, output: 0 } } },
  { model: /captcha_crnn/, settings: { rows: false } },
];
