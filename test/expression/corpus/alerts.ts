import { column } from "../rows.js";

/** Realistic conditions of alerts for fraud, pricing, vision, language and sensor models. */
export const columns = [
  column("in.amount", "float64", [], []),
  column("in.country", "string", [], []),
  column("in.readings", "float32", [24], []),
  column("in.tokens", "int64", [null], []),
  column("out.score", "float32", [1], []),
  column("out.probabilities", "float32", [10], []),
  column("out_challenger.score", "float32", [1], []),
  column("out_challenger.probabilities", "float32", [10], []),
];

export const alerts: readonly string[] = [
  "(all) => all.avg((x) => x.out.score) > 0.5",
  "(all) => all.count() > 100 && all.avg((x) => x.out.score) > 0.5",
  "(all) => all.count() === 0",
  "(all) => all.count() < 10",
  "(all) => all.count((x) => x.out.score > 0.9) > 10",
  "(all) => all.share((x) => x.out.score > 0.9) > 0.05",
  "(all) => all.share((x) => !(x.out.score >= 0 && x.out.score <= 1)) > 0",
  "(all) => all.count((x) => x.out.probabilities.some((p) => !Number.isFinite(p))) > 0",
  "(all) => all.share((x) => Math.max(...x.out.probabilities) < 0.6) > 0.2",
  "(all) => all.quantile(0.95, (x) => x.in.amount) > 10_000",
  "(all) => all.quantile(0.5, (x) => x.out.score) - 0.3 > 0.1",
  "(all) => Math.abs(all.avg((x) => x.out.score) - 0.12) > 0.05",
  "(all) => all.max((x) => x.out.score) - all.min((x) => x.out.score) < 1e-6",
  "(all) => all.avg((x) => Math.abs(x.out.score - x.models.challenger.score)) > 0.1",
  "(all) => all.share((x) => (x.out.score > 0.5) !== (x.models.challenger.score > 0.5)) > 0.02",
  "(all) => all.share((x) => x.out.probabilities.indexOf(Math.max(...x.out.probabilities)) === x.models.challenger.probabilities.indexOf(Math.max(...x.models.challenger.probabilities))) < 0.9",
  "(all) => all.sum((x) => x.in.amount) > 1_000_000",
  "(all) => all.sum((x) => (x.out.score > 0.9 ? x.in.amount : 0)) / all.sum((x) => x.in.amount) > 0.3",
  "(all) => all.share((x) => x.in.country === 'DE') > 0.8 || all.share((x) => ['KP', 'IR'].includes(x.in.country)) > 0",
  "(all) => all.avg((x) => x.in.readings.reduce((sum, v) => sum + v, 0) / 24) > 80",
  "(all) => all.share((x) => x.in.readings.every((v, i) => i === 0 || v >= x.in.readings[i - 1])) > 0.9",
  "(all) => all.quantile(0.99, (x) => x.in.tokens.length) > 400",
  "(all) => { const high = all.count((x) => x.out.score > 0.9); return all.count() > 50 && high / all.count() > 0.2; }",
  "(all) => Math.sqrt(all.avg((x) => (x.out.score - 0.5) * (x.out.score - 0.5))) > 0.4",
  "(all) => Number.isNaN(all.avg((x) => x.out.score)) && all.count() > 0",
  "(all) => Math.log(all.avg((x) => x.in.amount)) > 5",
  "(all) => all.avg((x) => Math.log(x.in.amount)) > 5",
];
