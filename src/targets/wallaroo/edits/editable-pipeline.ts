import type { Pipeline } from "../objects/types.js";
import { LazyObject } from "../objects/lazy-object.js";
import { type Edit, edits } from "./edit-steps.js";
import type { PipelineEdits } from "./public-types.js";

type Edits = PipelineEdits<Pipeline>;
type Given<M extends keyof Edits> = Parameters<Edits[M]>;

/** The edits of a pipeline. Each makes a pipeline with one more edit. */
export abstract class EditablePipeline extends LazyObject<"pipeline"> implements Edits {
  protected abstract edited(edit: Edit): Pipeline;

  addModelStep(...given: Given<"addModelStep">): Pipeline {
    return this.edited(edits.addModelStep(...given));
  }

  addMultiModelStep(...given: Given<"addMultiModelStep">): Pipeline {
    return this.edited(edits.addMultiModelStep(...given));
  }

  addAudit(...given: Given<"addAudit">): Pipeline {
    return this.edited(edits.addAudit(...given));
  }

  addSelect(...given: Given<"addSelect">): Pipeline {
    return this.edited(edits.addSelect(...given));
  }

  addKeySplit(...given: Given<"addKeySplit">): Pipeline {
    return this.edited(edits.addKeySplit(...given));
  }

  addRandomSplit(...given: Given<"addRandomSplit">): Pipeline {
    return this.edited(edits.addRandomSplit(...given));
  }

  addShadowDeploy(...given: Given<"addShadowDeploy">): Pipeline {
    return this.edited(edits.addShadowDeploy(...given));
  }

  addValidation(...given: Given<"addValidation">): Pipeline {
    return this.edited(edits.addValidation(...given));
  }

  addValidations(...given: Given<"addValidations">): Pipeline {
    return this.edited(edits.addValidations(...given));
  }

  addAlert(...given: Given<"addAlert">): Pipeline {
    return this.edited(edits.addAlert(...given));
  }

  replaceWithModelStep(...given: Given<"replaceWithModelStep">): Pipeline {
    return this.edited(edits.replaceWithModelStep(...given));
  }

  replaceWithMultiModelStep(...given: Given<"replaceWithMultiModelStep">): Pipeline {
    return this.edited(edits.replaceWithMultiModelStep(...given));
  }

  replaceWithAudit(...given: Given<"replaceWithAudit">): Pipeline {
    return this.edited(edits.replaceWithAudit(...given));
  }

  replaceWithSelect(...given: Given<"replaceWithSelect">): Pipeline {
    return this.edited(edits.replaceWithSelect(...given));
  }

  replaceWithKeySplit(...given: Given<"replaceWithKeySplit">): Pipeline {
    return this.edited(edits.replaceWithKeySplit(...given));
  }

  replaceWithRandomSplit(...given: Given<"replaceWithRandomSplit">): Pipeline {
    return this.edited(edits.replaceWithRandomSplit(...given));
  }

  replaceWithShadowDeploy(...given: Given<"replaceWithShadowDeploy">): Pipeline {
    return this.edited(edits.replaceWithShadowDeploy(...given));
  }

  replaceWithValidation(...given: Given<"replaceWithValidation">): Pipeline {
    return this.edited(edits.replaceWithValidation(...given));
  }

  replaceWithValidations(...given: Given<"replaceWithValidations">): Pipeline {
    return this.edited(edits.replaceWithValidations(...given));
  }

  replaceWithAlert(...given: Given<"replaceWithAlert">): Pipeline {
    return this.edited(edits.replaceWithAlert(...given));
  }

  removeStep(...given: Given<"removeStep">): Pipeline {
    return this.edited(edits.removeStep(...given));
  }

  clear(...given: Given<"clear">): Pipeline {
    return this.edited(edits.clear(...given));
  }
}
