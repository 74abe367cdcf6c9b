import { pipeline } from "shapeline";
import { a, c1, c2, champ } from "./models.gen.js";

// Is the handwritten amount genuine (0) or altered (2)?
export const fraud = pipeline("fraud")
  .model(a)
  .shadow(champ, [c1, c2])
  .validate("amt", (x) => x.out < 1);
