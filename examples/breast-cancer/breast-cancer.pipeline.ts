import { pipeline } from "shapeline";
import { DECIDED } from "./limits.js";
import { gradientBoosting, logisticRegression, randomForest } from "./models.gen.js";

const ROUNDING = 1e-5;

// Class 0 is malignant, class 1 benign.
export const breastCancer = pipeline("breast-cancer")
  .shadow(gradientBoosting, [logisticRegression, randomForest])
  .validate("features_not_negative", (x) => x.in.features.every((v) => v >= 0))
  .validate("probabilities_in_range", (x) => x.out.probabilities.every((p) => Number.isFinite(p) && p >= 0 && p <= 1))
  .validate("probabilities_sum_to_one", (x) => {
    const sum = x.out.probabilities[0] + x.out.probabilities[1];
    return Math.abs(sum - 1) < ROUNDING;
  })
  .validate("decided", (x) => Math.max(x.out.probabilities[0], x.out.probabilities[1]) > DECIDED);
