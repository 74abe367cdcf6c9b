/** Where log lines go: standard error, or a stream of the app. */
export interface LineSink {
  write(text: string): unknown;
}

/**
 * Collects the lines of one turn of the event loop into one write: a system call for each line would cost a busy server
 * more than the line.
 */
export class LogStream {
  readonly #sink: LineSink;
  #lines = "";
  readonly #flush = (): void => this.flush();

  constructor(sink: LineSink = process.stderr) {
    this.#sink = sink;
  }

  write(line: string): void {
    if (this.#lines === "") setImmediate(this.#flush);
    this.#lines += line;
  }

  flush(): void {
    if (this.#lines === "") return;
    const lines = this.#lines;
    this.#lines = "";
    this.#sink.write(lines);
  }
}
