import type { Registry } from "prom-client";

/** The labels of one time series. */
export type Labels = Readonly<Record<string, string>>;

interface Sample {
  readonly metricName: string;
  readonly labels: Labels;
  readonly value: number;
}

interface Description {
  readonly name: string;
  readonly help: string;
}

/**
 * One metric with a counter or histogram per label values. A request changes numbers only; `prom-client` formats them
 * when Prometheus asks. Its own counters build a text of the labels at each change, which costs up to a microsecond.
 */
abstract class Metric<S> {
  readonly name: string;
  readonly help: string;
  abstract readonly type: "counter" | "histogram";
  readonly #series = new Map<string, { readonly labels: Labels; readonly state: S }>();

  constructor({ name, help }: Description) {
    this.name = name;
    this.help = help;
  }

  registerIn(registry: Registry): this {
    // The registry needs `name` and `get()` only; its types know its own classes only.
    registry.registerMetric(this as unknown as Parameters<Registry["registerMetric"]>[0]);
    return this;
  }

  /** The series with these labels, created at the first call. Keep it: a lookup builds a text. */
  of(labels: Labels): S {
    const key = JSON.stringify(Object.values(labels));
    const found = this.#series.get(key);
    if (found !== undefined) return found.state;
    const state = this.create();
    this.#series.set(key, { labels, state });
    return state;
  }

  get(): Promise<unknown> {
    const values = [...this.#series.values()].flatMap(({ labels, state }) => this.samples(labels, state));
    return Promise.resolve({ name: this.name, help: this.help, type: this.type, values, aggregator: "sum" });
  }

  protected abstract create(): S;
  protected abstract samples(labels: Labels, state: S): Sample[];
}

export interface Count {
  value: number;
}

export class Counters extends Metric<Count> {
  readonly type = "counter";

  protected create(): Count {
    return { value: 0 };
  }

  protected samples(labels: Labels, { value }: Count): Sample[] {
    return [{ metricName: this.name, labels, value }];
  }
}

/** Upper bounds in milliseconds: from a step of a small model to the default timeout. */
const bounds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 15_000];

/** A histogram of durations. */
export class Durations {
  readonly #counts = new Float64Array(bounds.length + 1);
  #sum = 0;

  add(ms: number): void {
    let bucket = 0;
    while (bucket < bounds.length && ms > (bounds[bucket] as number)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#sum += ms;
  }

  samples(name: string, labels: Labels): Sample[] {
    let upTo = 0;
    const buckets = Array.from(this.#counts, (count, i): Sample => {
      upTo += count;
      const bound = bounds[i];
      const le = bound === undefined ? "+Inf" : String(bound / 1000);
      return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: upTo };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.#sum / 1000 },
      { metricName: `${name}_count`, labels, value: upTo },
    ];
  }
}

export class Histograms extends Metric<Durations> {
  readonly type = "histogram";

  protected create(): Durations {
    return new Durations();
  }

  protected samples(labels: Labels, durations: Durations): Sample[] {
    return durations.samples(this.name, labels);
  }
}
